// Recognises LoRA files of every make (kohya, LyCORIS, diffusers, peft), and for which model one was trained.
import type { TensorShapes } from './types.ts';

/** Last parts of tensor names that only such files have, and the kind of network they belong to. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\.hada_(w[12]_[ab]|t[12])$/, 'LoHa'],
  [/\.lokr_(w[12](_[ab])?|t2)$/, 'LoKr'],
  [/\.on_input$/, '(IA)3'],
  [/\.(oft_blocks|oft_diag)$/, 'OFT'],
  [/\.[ab][12]\.weight$/, 'GLoRA'],
  [/\.(dora_scale|lora_magnitude_vector(\.\w+)*|magnitude)$/, 'DoRA'],
  [/\.(diff|diff_b|w_norm|b_norm)$/, 'full difference'],
  [/\.lora_mid\.weight$/, 'LoCon'],
  [
    /[._](lora_(down|up|A|B)(\.\w+)?\.weight|lora\.(down|up)\.weight|lora_linear_layer\.(down|up)\.weight)$/,
    'LoRA',
  ],
  [/_lora\.(down|up)\.weight$/, 'LoRA'],
];

/** kohya's and LyCORIS' prefixes; their files may otherwise end in plain ".weight". */
const PREFIX = /^(lora_(unet|te\d?|prior|transformer)|lycoris|oft_unet)_/;

/** A convolution's LoRA is called LoCon. */
const DOWN = /[._](lora_down|lora_A|lora\.down)(\.\w+)?\.?weight$|\.lora_down\.weight$/;

export interface LoraReport {
  /** Makes found, the plain one first: "LoRA", "LoCon", "LoHa" ... */
  readonly kinds: readonly string[];
  /** "SD 1.x", or null where nothing tells. */
  readonly base: string | null;
}

/** What a LoRA file is, or null for anything else. */
export function recogniseLora(
  tensors: TensorShapes,
  metadata: ReadonlyMap<string, string>,
): LoraReport | null {
  const kinds = new Set<string>();
  let prefixed = 0;
  for (const [name, { shape }] of tensors) {
    if (PREFIX.test(name)) prefixed++;
    for (const [pattern, kind] of KINDS) if (pattern.test(name)) kinds.add(kind);
    if (DOWN.test(name) && shape.length === 4 && (shape[2] ?? 1) > 1) kinds.add('LoCon');
  }
  if (kinds.size === 0 || (prefixed === 0 && !hasDefiniteName(tensors))) return null;
  const order = ['LoRA', ...KINDS.map(([, kind]) => kind)];
  const sorted = [...kinds].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return { kinds: sorted, base: baseFromMetadata(metadata) ?? baseFromTensors(tensors) };
}

/** ".diff" or ".a1.weight" alone may be anything; the others are not used elsewhere. */
function hasDefiniteName(tensors: TensorShapes): boolean {
  for (const name of tensors.keys()) if (/lora|hada_w1|lokr_w|oft_blocks|oft_diag/.test(name)) return true;
  return false;
}

/** Model families by the names that training tools and Stability's ModelSpec give them. */
const BASES: readonly (readonly [RegExp, string])[] = [
  [/^(sd_v1|sd1|sd_1|stable-diffusion-v1)/i, 'SD 1.x'],
  [/^(sd_v2|sd2|sd_2|stable-diffusion-v2)/i, 'SD 2.x'],
  [/^(sdxl|stable-diffusion-xl)/i, 'SDXL'],
  [/^(sd3|stable-diffusion-3|stable-diffusion-v3)/i, 'SD 3'],
  [/^flux/i, 'FLUX'],
];

/** The model an add-on was trained for, as its metadata says; null without a word. */
export function baseFromMetadata(metadata: ReadonlyMap<string, string>): string | null {
  for (const key of ['modelspec.architecture', 'ss_base_model_version']) {
    const value = metadata.get(key)?.trim();
    const found = value === undefined ? undefined : BASES.find(([pattern]) => pattern.test(value));
    if (found) return found[1];
  }
  return null;
}

/** The model whose UNet reads text of this width. */
export function baseFromContext(width: number): string | null {
  if (width === 768) return 'SD 1.x';
  if (width === 1024) return 'SD 2.x';
  return width === 2048 || width === 1280 ? 'SDXL' : null;
}

function baseFromTensors(tensors: TensorShapes): string | null {
  let projection: number | null = null;
  for (const [name, { shape }] of tensors) {
    if (/double_blocks|single_transformer_blocks/.test(name)) return 'FLUX';
    if (/joint_blocks|context_embedder/.test(name)) return 'SD 3';
    if (/^lora_te[12]_|text_encoder_2|label_emb|add_embedding|transformer_blocks[._][2-9]/.test(name))
      return 'SDXL';
    if (/attn2[._](processor[._])?to_k/.test(name) && /(lora_down|lora_A|lora\.down|hada_w1_b)/.test(name)) {
      const base = baseFromContext(shape[1] ?? 0);
      if (base) return base;
    }
    if (/proj_in\.(lora_down|lora_A|lora\.down)/.test(name)) projection = shape.length;
  }
  if (projection === 4) return 'SD 1.x';
  return projection === 2 ? 'SD 2.x' : null;
}
