// diffusers' names of the autoencoder's tensors (AutoencoderKL), and which ldm tensor each one is.
//
// diffusers counts the decoder's levels from the coarsest, ldm from the finest. Behaviour checked against
// huggingface/diffusers loaders/single_file_utils.py convert_ldm_vae_checkpoint; query, key, value and proj_attn are the
// names of diffusers before 0.17.
import { countFrom, type LdmPlace } from './mapped.ts';

const ATTENTION: Readonly<Record<string, string>> = {
  group_norm: 'norm',
  to_q: 'q',
  to_k: 'k',
  to_v: 'v',
  'to_out.0': 'proj_out',
  query: 'q',
  key: 'k',
  value: 'v',
  proj_attn: 'proj_out',
};

const OUTER = /^(?:(?:encoder|decoder)\.conv_(?:in|out)|quant_conv|post_quant_conv)\.(?:weight|bias)$/;
const NORM_OUT = /^(encoder|decoder)\.conv_norm_out\.(weight|bias)$/;
const MIDDLE = /^(encoder|decoder)\.mid_block\.(resnets|attentions)\.([01])\.(.+)\.(weight|bias)$/;
const LEVEL =
  /^(encoder\.down|decoder\.up)_blocks\.(\d{1,4})\.(resnets|downsamplers|upsamplers)\.(\d{1,4})\.(.+)\.(weight|bias)$/;

/** Makes the renaming for an autoencoder with these tensor names (without prefix). It returns null for a name it does not know. */
export function vaePlaces(names: Iterable<string>): (name: string) => LdmPlace | null {
  const all = new Set(names);
  const upLevels = countFrom((level) => all.has(`decoder.up_blocks.${level}.resnets.0.conv1.weight`));

  return (name) => {
    if (OUTER.test(name)) return { name };
    const norm = NORM_OUT.exec(name);
    if (norm) return { name: `${norm[1]}.norm_out.${norm[2]}` };

    const middle = MIDDLE.exec(name) as unknown as [string, string, string, string, string, string] | null;
    if (middle) {
      const [, half, kind, index, part, end] = middle;
      if (kind === 'resnets')
        return { name: `${half}.mid.block_${Number(index) + 1}.${resPart(part)}.${end}` };
      if (index !== '0' || !Object.hasOwn(ATTENTION, part)) return null;
      return { name: `${half}.mid.attn_1.${ATTENTION[part]}.${end}` };
    }

    const inLevel = LEVEL.exec(name) as unknown as
      [string, 'encoder.down' | 'decoder.up', string, string, string, string, string] | null;
    if (!inLevel) return null;
    const [, way, levelText, kind, index, part, end] = inLevel;
    const level = way === 'encoder.down' ? Number(levelText) : upLevels - 1 - Number(levelText);
    if (kind === 'resnets') return { name: `${way}.${level}.block.${index}.${resPart(part)}.${end}` };
    if (index !== '0' || part !== 'conv') return null;
    return { name: `${way}.${level}.${way === 'encoder.down' ? 'downsample' : 'upsample'}.conv.${end}` };
  };
}

function resPart(part: string): string {
  return part === 'conv_shortcut' ? 'nin_shortcut' : part;
}
