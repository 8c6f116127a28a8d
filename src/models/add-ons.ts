// Recognises what is no image model by itself: LoRAs, embeddings, hypernetworks, ControlNets, VAEs, upscalers and so on,
// and models of other families. VAEs, upscalers, detectors, networks for faces, embeddings and LoRAs are of use; what is not yet is said by name,
// with what it will be good for.
import { FAMILIES, WHAT_RUNS } from '../families/families.ts';
import { readAnnotator } from './annotators/file.ts';
import { findColorizer, planColorizer } from './colorizers/file.ts';
import { deriveTinyVae, deriveVaeAlone, type DerivedVae } from './derive.ts';
import { readControl } from './control/file.ts';
import { readDetector } from './detectors/file.ts';
import { findEmbedding } from './embedding-file.ts';
import { readHypernetwork } from './hypernetwork.ts';
import type { Components } from './layouts/components.ts';
import { readFaceNetwork } from './faces/file.ts';
import { findTinyVae } from './layouts/tiny-vae.ts';
import { baseFromMetadata, recogniseLora } from './lora.ts';
import type { Detection, ModelKind, TensorShapes } from './types.ts';
import { readUpscaler } from './upscalers/file.ts';

export interface AddOn {
  readonly kind: ModelKind;
  readonly label: string;
  /** For a person: what it is and what for, or what is wrong with it. Null for what is of use. */
  readonly reason: string | null;
  /** Of what is of use. */
  readonly found?: Partial<
    Pick<
      Detection,
      | 'vae'
      | 'tinyVae'
      | 'upscaler'
      | 'detector'
      | 'face'
      | 'embedding'
      | 'lora'
      | 'hypernetwork'
      | 'colorizer'
      | 'control'
      | 'annotator'
      | 'notes'
    >
  >;
}

/** What a file is that cannot make images by itself; null for image models and for what nobody knows. */
export function recogniseAddOn(
  tensors: TensorShapes,
  metadata: ReadonlyMap<string, string>,
  components: Components,
): AddOn | null {
  return (
    describeControl(tensors) ??
    recogniseOtherFamily(tensors) ??
    // Everything below would also be found inside a whole checkpoint.
    (components.unet
      ? null
      : (describeLora(tensors, metadata) ??
        recogniseVae(tensors, components) ??
        describeDetector(tensors, metadata) ??
        describeFaceNetwork(tensors) ??
        describeColorizer(tensors) ??
        describeAnnotator(tensors) ??
        describeUpscaler(tensors) ??
        recogniseHypernetwork(tensors, metadata) ??
        recogniseTextEncoder(components) ??
        recogniseAverages(tensors) ??
        recogniseEmbedding(tensors, metadata)))
  );
}

function addOn(kind: ModelKind, label: string, what: string, purpose: string): AddOn {
  return {
    kind,
    label,
    reason: `This is ${what}. ${purpose} Drop a ${WHAT_RUNS} checkpoint to make pictures.`,
  };
}

const forBase = (base: string | null): string => (base ? ` for ${base}` : '');

/** By the names that `recogniseLora` gives. */
const LORA_FAMILIES = { 'SD 1.x': 'sd1', 'SD 2.x': 'sd2', SDXL: 'sdxl' } as const;

function describeLora(tensors: TensorShapes, metadata: ReadonlyMap<string, string>): AddOn | null {
  const lora = recogniseLora(tensors, metadata);
  if (!lora) return null;
  const special = lora.kinds.filter((kind) => kind !== 'LoRA');
  const kinds = special.length > 0 ? ` (${special.join(', ')})` : '';
  const label = `LoRA${kinds}${forBase(lora.base)}`;
  const family = isLoraFamily(lora.base) ? LORA_FAMILIES[lora.base] : null;
  if (lora.base !== null && family === null) {
    const reason = `This is a ${label}. It belongs to models that Darkroom does not run; LoRAs for ${WHAT_RUNS} can be used.`;
    return { kind: 'lora', label, reason };
  }
  const alias = metadata.get('ss_output_name')?.trim() || null;
  const hash = metadata.get('sshs_model_hash')?.toLowerCase() ?? '';
  const dataHash = /^[0-9a-f]{64}$/.test(hash) ? hash : null;
  return { kind: 'lora', label, reason: null, found: { lora: { family, alias, dataHash } } };
}

function isLoraFamily(base: string | null): base is keyof typeof LORA_FAMILIES {
  return base !== null && Object.hasOwn(LORA_FAMILIES, base);
}

function describeControl(tensors: TensorShapes): AddOn | null {
  const file = readControl(tensors);
  if (!file) return null;
  const { label, info, problem, advice = 'Download it again, or look for another copy.' } = file;
  if (info) return { kind: 'controlnet', label, reason: null, found: { control: info } };
  const article = /^[AEIOU]/.test(label) ? 'an' : 'a';
  const reason = `This is ${article} ${label}, which cannot be used. ${problem} ${advice}`;
  return { kind: 'controlnet', label, reason };
}

function recogniseVae(tensors: TensorShapes, components: Components): AddOn | null {
  const tiny = findTinyVae(tensors);
  if (tiny) {
    const derived = deriveTinyVae(tensors, tiny);
    const { hasEncoder, hasDecoder } = derived.sizes;
    const label = `TAESD ${hasEncoder && hasDecoder ? 'autoencoder' : hasDecoder ? 'decoder' : 'encoder'}`;
    return describeVae('taesd', label, derived, { tinyVae: derived.sizes });
  }
  if (!components.vae || components.text.length > 0) return null;
  const derived = deriveVaeAlone(tensors, components.vae);
  return describeVae('vae', 'VAE', derived, derived.sizes && { vae: derived.sizes });
}

/** Of use where it is whole, and a family has latents of so many channels. */
function describeVae(
  kind: ModelKind,
  name: string,
  { latentChannels, problems, notes }: DerivedVae,
  sizes: Pick<Detection, 'vae' | 'tinyVae'> | null,
): AddOn {
  const usual = FAMILIES.map(({ latent }) => latent.channels);
  const label = latentChannels === usual[0] ? name : `${name} with ${latentChannels} latent channels`;
  const found = { ...sizes, notes };
  if (!usual.includes(latentChannels)) {
    const reason = `This is a ${label}. It belongs to models that Darkroom does not run; VAEs for ${WHAT_RUNS} have ${usual[0]}.`;
    return { kind, label, reason };
  }
  if (problems.length === 0) return { kind, label, reason: null, found };
  const reason = `This is a ${label} that cannot be used. ${problems.join(' ')} Download it again, or look for another copy.`;
  return { kind, label, reason };
}

/** What they are for, said to a person. */
const FACE_ROLES = {
  'face-detector': 'face detector',
  'face-parser': 'face parser',
  'face-restorer': 'face restorer',
} as const;

function describeFaceNetwork(tensors: TensorShapes): AddOn | null {
  const file = readFaceNetwork(tensors);
  if (!file) return null;
  const { role, name, info, problem } = file;
  const label = `${name} ${FACE_ROLES[role]}`;
  if (info) return { kind: role, label, reason: null, found: { face: info } };
  const reason = `This is the ${FACE_ROLES[role]} ${name}, which cannot be used. ${problem} Download it again, or look for another.`;
  return { kind: role, label, reason };
}

function describeColorizer(tensors: TensorShapes): AddOn | null {
  if (!findColorizer(tensors)) return null;
  const kind = 'colorizer';
  const label = 'DDColor colorizer';
  try {
    planColorizer(tensors);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const reason = `This is the colorizer DDColor, which cannot be used. ${what} Download it again, or look for another.`;
    return { kind, label, reason };
  }
  return { kind, label, reason: null, found: { colorizer: { kind: 'ddcolor' } } };
}

function describeAnnotator(tensors: TensorShapes): AddOn | null {
  const file = readAnnotator(tensors);
  if (!file) return null;
  const { info, problem } = file;
  const kind = 'annotator';
  const label = `${file.label} preprocessor`;
  if (info) return { kind, label, reason: null, found: { annotator: info } };
  const reason = `This is the preprocessor ${file.label}, which cannot be used. ${problem} Download it again, or look for another.`;
  return { kind, label, reason };
}

function describeUpscaler(tensors: TensorShapes): AddOn | null {
  const file = readUpscaler(tensors);
  if (!file) return null;
  const { info, problem } = file;
  const label = `${file.label} upscaler`;
  if (info) return { kind: 'upscaler', label, reason: null, found: { upscaler: info } };
  const reason = `This is the upscaler ${file.label}, which cannot be used. ${problem} Download it again, or look for another.`;
  return { kind: 'upscaler', label, reason };
}

function describeDetector(tensors: TensorShapes, metadata: ReadonlyMap<string, string>): AddOn | null {
  const file = readDetector(tensors, metadata);
  if (!file) return null;
  const { info, problem } = file;
  const label = `${file.label} ${info?.task === 'segment' ? 'segmentation' : 'detector'}`;
  if (info) return { kind: 'detector', label, reason: null, found: { detector: info } };
  const reason = `This is the detector ${file.label}, which cannot be used. ${problem} Download it again, or look for another.`;
  return { kind: 'detector', label, reason };
}

/** A1111's hypernetworks: for each width of what is attended to, a pair of small networks (keys, values). */
function recogniseHypernetwork(tensors: TensorShapes, metadata: ReadonlyMap<string, string>): AddOn | null {
  const file = readHypernetwork(tensors, metadata);
  if (!file) return null;
  const { info, widths, problem } = file;
  const base = widths.includes(1024) ? 'SD 2.x' : widths.includes(768) ? 'SD 1.x' : null;
  const label = `Hypernetwork${forBase(base)}`;
  if (info) return { kind: 'hypernetwork', label, reason: null, found: { hypernetwork: info } };
  const reason = `This is a ${label.toLowerCase()} that cannot be used. ${problem} Download it again, or look for another.`;
  return { kind: 'hypernetwork', label, reason };
}

/** Widths of the text encoders that published embeddings are made for. */
const EMBEDDING_BASES = new Map([
  ['768', 'SD 1.x'],
  ['1024', 'SD 2.x'],
  ['1280', 'SDXL'],
  ['768,1280', 'SDXL'],
]);

/** Textual inversion. Which checkpoints it goes with is told by its widths, whatever the label says. */
function recogniseEmbedding(tensors: TensorShapes, metadata: ReadonlyMap<string, string>): AddOn | null {
  const file = findEmbedding(tensors);
  if (!file) return null;
  const { vectors, widths } = file;
  const base = baseFromMetadata(metadata) ?? EMBEDDING_BASES.get(widths.join(',')) ?? null;
  const count = vectors === 1 ? '1 vector' : `${vectors} vectors`;
  const label = `Embedding${forBase(base)} (${count})`;
  return { kind: 'embedding', label, reason: null, found: { embedding: { vectors, widths } } };
}

function recogniseTextEncoder(components: Components): AddOn | null {
  if (components.text.length === 0) return null;
  const label = components.text
    .map(({ type }) => (type === 'clip' ? 'CLIP text encoder' : 'OpenCLIP text encoder'))
    .join(' and ');
  return addOn(
    'unknown',
    label,
    `only a ${label}`,
    'It is a part of a checkpoint and makes no pictures by itself.',
  );
}

/** The averages of a training file, cut out of it. */
function recogniseAverages(tensors: TensorShapes): AddOn | null {
  if (tensors.size === 0 || ![...tensors.keys()].every((name) => name.startsWith('model_ema.'))) return null;
  return addOn(
    'unknown',
    'Averaged weights (EMA)',
    'only the averaged weights (EMA) of a training file',
    'They are of use together with the rest of that file.',
  );
}

/** Models of other families, by names that only they have. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)joint_blocks\.\d+\.x_block\./, 'Stable Diffusion 3'],
  [/(^|\.)(double_blocks\.\d+\.img_attn|single_transformer_blocks\.\d+)\./, 'FLUX or one of its relatives'],
  [/(^|\.)time_stack\./, 'Stable Video Diffusion'],
  [/(^|\.)motion_modules\.\d+\./, 'an AnimateDiff motion module'],
  [/^style_embedding$/, 'a control network of another kind (style adapter)'],
  [/^cond_stage_model\.roberta\./, 'AltDiffusion'],
  [/(^|\.)clip_txt_pooled_mapper\./, 'Stable Cascade'],
];

function recogniseOtherFamily(tensors: TensorShapes): AddOn | null {
  for (const name of tensors.keys()) {
    if (/lora/i.test(name)) continue;
    const found = OTHERS.find(([pattern]) => pattern.test(name));
    if (!found) continue;
    const label = found[1];
    return {
      kind: 'unknown',
      label: label.replace(/^an? /, ''),
      reason: `This is ${label}, which Darkroom does not support. Drop a ${WHAT_RUNS} checkpoint.`,
    };
  }
  return null;
}
