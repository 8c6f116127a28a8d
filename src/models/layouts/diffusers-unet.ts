// diffusers' names of the UNet's tensors (UNet2DConditionModel), and which ldm tensor each one is.
//
// diffusers numbers blocks per level where ldm numbers them through, so the number of residual blocks at each level has to
// be known; it is counted from the names themselves. Behaviour checked against huggingface/diffusers
// loaders/single_file_utils.py convert_ldm_unet_checkpoint.
import { countFrom, type LdmPlace } from './mapped.ts';

const FIXED: Readonly<Record<string, string>> = {
  'time_embedding.linear_1': 'time_embed.0',
  'time_embedding.linear_2': 'time_embed.2',
  'add_embedding.linear_1': 'label_emb.0.0',
  'add_embedding.linear_2': 'label_emb.0.2',
  conv_in: 'input_blocks.0.0',
  conv_norm_out: 'out.0',
  conv_out: 'out.2',
};

const RES_BLOCK: Readonly<Record<string, string>> = {
  norm1: 'in_layers.0',
  conv1: 'in_layers.2',
  time_emb_proj: 'emb_layers.1',
  norm2: 'out_layers.0',
  conv2: 'out_layers.3',
  conv_shortcut: 'skip_connection',
};

const BLOCK = /^(down|up)_blocks\.(\d{1,4})\.(resnets|attentions|downsamplers|upsamplers)\.(\d{1,4})\.(.+)$/;
const MIDDLE = /^mid_block\.(resnets|attentions)\.(\d{1,4})\.(.+)$/;

/** Makes the renaming for a UNet with these tensor names (without prefix). It returns null for a name it does not know. */
export function unetPlaces(names: Iterable<string>): (name: string) => LdmPlace | null {
  const all = new Set(names);
  const down = firstBlocks(all, 'down');
  const up = firstBlocks(all, 'up');

  return (name) => {
    const dot = name.lastIndexOf('.');
    const fixed = Object.hasOwn(FIXED, name.slice(0, dot)) ? FIXED[name.slice(0, dot)] : undefined;
    if (fixed) return { name: fixed + name.slice(dot) };

    const middle = MIDDLE.exec(name);
    if (middle) {
      const [, kind, index, rest] = middle as unknown as [string, string, string, string];
      if (kind === 'attentions') return index === '0' ? { name: `middle_block.1.${rest}` } : null;
      // The second residual block stands behind the attention, or in its place where there is none.
      const attention = all.has('mid_block.attentions.0.norm.weight');
      const place = index === '0' ? 0 : index === '1' ? (attention ? 2 : 1) : null;
      return place === null ? null : inResBlock(`middle_block.${place}`, rest);
    }

    const block = BLOCK.exec(name);
    if (!block) return null;
    const [, way, levelText, kind, indexText, rest] = block as unknown as string[] as [
      string,
      'down' | 'up',
      string,
      string,
      string,
      string,
    ];
    const level = Number(levelText);
    const index = Number(indexText);
    const { first, count } = (way === 'down' ? down : up)[level] ?? { first: 0, count: 0 };
    if (count === 0) return null;
    const side = way === 'down' ? 'input_blocks' : 'output_blocks';
    if (kind === 'resnets') return index < count ? inResBlock(`${side}.${first + index}.0`, rest) : null;
    if (kind === 'attentions') return index < count ? { name: `${side}.${first + index}.1.${rest}` } : null;
    if (!rest.startsWith('conv.') || index !== 0) return null;
    if (way === 'down') return { name: `input_blocks.${first + count}.0.op${rest.slice(4)}` };
    const attention = all.has(`up_blocks.${level}.attentions.0.norm.weight`);
    return { name: `output_blocks.${first + count - 1}.${attention ? 2 : 1}.${rest}` };
  };
}

/** For each level in diffusers' order: the number of its first block in ldm, and how many residual blocks it has. */
function firstBlocks(names: ReadonlySet<string>, way: 'down' | 'up'): { first: number; count: number }[] {
  const levels: { first: number; count: number }[] = [];
  // ldm counts conv_in as input block 0, and each down-sampling convolution as a block of its own.
  let first = way === 'down' ? 1 : 0;
  for (let level = 0; ; level++) {
    const count = countFrom((i) => names.has(`${way}_blocks.${level}.resnets.${i}.conv1.weight`));
    if (count === 0) return levels;
    levels.push({ first, count });
    first += way === 'down' ? count + 1 : count;
  }
}

function inResBlock(block: string, rest: string): LdmPlace | null {
  const dot = rest.lastIndexOf('.');
  const part = rest.slice(0, dot);
  return Object.hasOwn(RES_BLOCK, part) ? { name: `${block}.${RES_BLOCK[part]}${rest.slice(dot)}` } : null;
}
