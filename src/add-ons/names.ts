// Names of layers in files that change a model, and A1111's own names of the same layers.
//
// kohya's scripts name a layer by diffusers' path with "_" for ".", behind `lora_unet_` or `lora_te_`; for SDXL's UNet by ldm's.
// A1111 (extensions-builtin/Lora/networks.py, convert_diffusers_name_to_compvis) names it by ldm's path: `diffusion_model_...`,
// `transformer_text_model_...`; what it does not know it leaves as it is. The UNets of all these families have two residual blocks
// on every level, and three on the way up.

const BLOCKS_A_LEVEL = 3;

/** Parts of diffusers' residual blocks, and of ldm's. */
const RES_BLOCK: readonly (readonly [diffusers: string, ldm: string])[] = [
  ['conv1', 'in_layers_2'],
  ['conv2', 'out_layers_3'],
  ['norm1', 'in_layers_0'],
  ['norm2', 'out_layers_0'],
  ['time_emb_proj', 'emb_layers_1'],
  ['conv_shortcut', 'skip_connection'],
];
const TO_LDM = new Map(RES_BLOCK);
const FROM_LDM = new Map(RES_BLOCK.map(([diffusers, ldm]) => [ldm, diffusers]));

type Rule = readonly [RegExp, (...parts: string[]) => string];

/** First that fits. A part of the name is a number where the pattern says so. */
function byRules(name: string, rules: readonly Rule[]): string | null {
  for (const [pattern, write] of rules) {
    const found = pattern.exec(name);
    if (found) return write(...found.slice(1));
  }
  return null;
}

const inBlock = (kind: string, rest: string): string =>
  kind === 'attentions' ? `1_${rest}` : `0_${TO_LDM.get(rest) ?? rest}`;

const TO_WEBUI: readonly Rule[] = [
  [/^conv_in(.*)/, (rest) => `input_blocks_0_0${rest}`],
  [/^conv_out(.*)/, (rest) => `out_2${rest}`],
  [/^time_embedding_linear_(\d+)(.*)/, (n, rest) => `time_embed_${2 * Number(n) - 2}${rest}`],
  [
    /^down_blocks_(\d+)_(attentions|resnets)_(\d+)_(.+)/,
    (level, kind, i, rest) =>
      `input_blocks_${1 + BLOCKS_A_LEVEL * Number(level) + Number(i)}_${inBlock(kind!, rest!)}`,
  ],
  [/^mid_block_attentions_\d+_(.+)/, (rest) => `middle_block_1_${rest}`],
  [
    /^mid_block_resnets_(\d+)_(.+)/,
    (i, rest) => `middle_block_${2 * Number(i)}_${TO_LDM.get(rest!) ?? rest}`,
  ],
  [
    /^up_blocks_(\d+)_(attentions|resnets)_(\d+)_(.+)/,
    (level, kind, i, rest) =>
      `output_blocks_${BLOCKS_A_LEVEL * Number(level) + Number(i)}_${inBlock(kind!, rest!)}`,
  ],
  [
    /^down_blocks_(\d+)_downsamplers_0_conv/,
    (level) => `input_blocks_${BLOCKS_A_LEVEL * (1 + Number(level))}_0_op`,
  ],
  // The coarsest level has no attention between.
  [
    /^up_blocks_(\d+)_upsamplers_0_conv/,
    (level) => `output_blocks_${2 + BLOCKS_A_LEVEL * Number(level)}_${Number(level) > 0 ? 2 : 1}_conv`,
  ],
];

/** open_clip's name of a part of a layer that transformers calls so. */
function openClipPart(part: string): string {
  if (part.includes('mlp_fc1')) return part.replace('mlp_fc1', 'mlp_c_fc');
  if (part.includes('mlp_fc2')) return part.replace('mlp_fc2', 'mlp_c_proj');
  return part.replace('self_attn', 'attn');
}

/** A1111's name of the layer that a file calls `name`; `name` itself where it knows none. */
export function webuiName(name: string, isSd2: boolean): string {
  const unet = /^lora_unet_(.*)/s.exec(name)?.[1];
  if (unet !== undefined) {
    const found = byRules(unet, TO_WEBUI);
    return found === null ? name : `diffusion_model_${found}`;
  }
  const text = /^lora_te(2?)_text_model_encoder_layers_(\d+)_(.+)/.exec(name);
  if (!text) return name;
  const [, second, layer, part] = text as unknown as [string, string, string, string];
  if (second) return `1_model_transformer_resblocks_${layer}_${openClipPart(part)}`;
  return isSd2
    ? `model_transformer_resblocks_${layer}_${openClipPart(part)}`
    : `transformer_text_model_encoder_layers_${layer}_${part}`;
}

const TO_KOHYA: readonly Rule[] = [
  [/^input_blocks_0_0$/, () => 'conv_in'],
  [/^out_2$/, () => 'conv_out'],
  [/^time_embed_(\d+)$/, (n) => `time_embedding_linear_${Number(n) / 2 + 1}`],
  [/^input_blocks_(\d+)_0_op$/, (n) => `down_blocks_${Number(n) / BLOCKS_A_LEVEL - 1}_downsamplers_0_conv`],
  [
    /^output_blocks_(\d+)_[12]_conv$/,
    (n) => `up_blocks_${(Number(n) - 2) / BLOCKS_A_LEVEL}_upsamplers_0_conv`,
  ],
  [/^middle_block_1_(.+)/, (rest) => `mid_block_attentions_0_${rest}`],
  [
    /^middle_block_([02])_(.+)/,
    (n, rest) => `mid_block_resnets_${Number(n) / 2}_${FROM_LDM.get(rest!) ?? rest}`,
  ],
  [
    /^input_blocks_(\d+)_([01])_(.+)/,
    (n, kind, rest) => `down_blocks_${levelOf(Number(n) - 1, kind!, rest!)}`,
  ],
  [/^output_blocks_(\d+)_([01])_(.+)/, (n, kind, rest) => `up_blocks_${levelOf(Number(n), kind!, rest!)}`],
];

function levelOf(block: number, kind: string, rest: string): string {
  const [level, i] = [Math.floor(block / BLOCKS_A_LEVEL), block % BLOCKS_A_LEVEL];
  return kind === '1'
    ? `${level}_attentions_${i}_${rest}`
    : `${level}_resnets_${i}_${FROM_LDM.get(rest) ?? rest}`;
}

/** transformers' name of a part of a layer that open_clip calls so. */
function transformersPart(part: string): string {
  if (part.startsWith('mlp_c_fc')) return part.replace('mlp_c_fc', 'mlp_fc1');
  if (part.startsWith('mlp_c_proj')) return part.replace('mlp_c_proj', 'mlp_fc2');
  return part.replace(/^attn_/, 'self_attn_');
}

/** kohya's name of the layer that A1111 calls `webui`. `isXl`: of SDXL, whose UNet keeps ldm's names. */
export function kohyaName(webui: string, isXl: boolean): string {
  const unet = /^diffusion_model_(.*)/.exec(webui)?.[1];
  if (unet !== undefined) return `lora_unet_${isXl ? unet : (byRules(unet, TO_KOHYA) ?? unet)}`;
  const clip = /^(0_)?transformer_(text_model_.*)/.exec(webui);
  if (clip) return `lora_te${clip[1] ? '1' : ''}_${clip[2]}`;
  const openClip = /^(1_)?model_transformer_resblocks_(\d+)_(.*)/.exec(webui);
  if (!openClip) return webui;
  const [, second, layer, part] = openClip;
  return `lora_te${second ? '2' : ''}_text_model_encoder_layers_${layer}_${transformersPart(part!)}`;
}
