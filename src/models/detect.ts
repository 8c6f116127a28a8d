// Which model is it? Told from the names and shapes of a file's tensors, its metadata and its sidecar.
//
// Source of the rules for image models: AUTOMATIC1111 modules/sd_models_config.py (guess_model_config_from_state_dict).
import { recogniseAddOn } from './add-ons.ts';
import { deriveNetworks, type Derived, type Family } from './derive.ts';
import { findComponents, type Components } from './layouts/components.ts';
import { settlePrediction } from './prediction.ts';
import type { Sidecar } from './sidecar.ts';
import type { Detection, ModelKind, TensorShapes } from './types.ts';

const LABELS = {
  sd1: 'Stable Diffusion 1.x',
  'sd1-inpainting': 'Stable Diffusion 1.x inpainting',
  'sd1-instruct-pix2pix': 'InstructPix2Pix (Stable Diffusion 1.x)',
  sd2: 'Stable Diffusion 2.x',
  'sd2-inpainting': 'Stable Diffusion 2.x inpainting',
  'sd2-depth': 'Stable Diffusion 2.x depth',
  'sdxl-base': 'Stable Diffusion XL base',
  'sdxl-refiner': 'Stable Diffusion XL refiner',
} as const satisfies Partial<Record<ModelKind, string>>;

type ImageKind = keyof typeof LABELS;

/** Kinds this version makes images with, when complete. In text to image, inpainting models get an all-masked picture. */
const SUPPORTED: ReadonlySet<ImageKind> = new Set(['sd1', 'sd1-inpainting', 'sd2', 'sd2-inpainting']);

/** What the others will be good for. */
const PURPOSE: Partial<Record<ImageKind, string>> = {
  'sd1-instruct-pix2pix': 'It changes a given picture by a written instruction.',
  'sd2-depth': 'It redraws a given picture along its estimated depth.',
  'sdxl-base': 'It makes pictures of about 1024 x 1024.',
  'sdxl-refiner': 'It adds detail to pictures begun with SDXL base.',
};

/**
 * Says what a file is. Looks at `tensors` (names, shapes, element kinds), safetensors `metadata` and the person's `sidecar`,
 * and never at values. Throws SidecarError where the sidecar cannot belong to this model; whatever is wrong with the file
 * itself is said in the result.
 */
export function detect(
  tensors: TensorShapes,
  metadata: ReadonlyMap<string, string>,
  sidecar: Sidecar | null,
): Detection {
  const components = findComponents(tensors);
  const addOn = recogniseAddOn(tensors, metadata, components);
  if (addOn || !components.unet) {
    return {
      kind: addOn?.kind ?? 'unknown',
      label: addOn?.label ?? 'Unknown file',
      keyLayout: components.vae?.naming ?? 'other',
      supported: false,
      unsupportedReason: addOn?.reason ?? unknownReason(tensors),
      networks: null,
      prediction: null,
      hasEma: false,
      notes: [],
    };
  }
  return describeImageModel(tensors, metadata, sidecar, components);
}

function describeImageModel(
  tensors: TensorShapes,
  metadata: ReadonlyMap<string, string>,
  sidecar: Sidecar | null,
  components: Components,
): Detection {
  const family = familyOf(components);
  const derived = deriveNetworks(tensors, components, family, sidecar);
  const { kind, label } = kindOf(family, components, derived);
  const prediction = kind && settlePrediction(kind, tensors, metadata, sidecar);
  const reason = unsupportedReason(kind, label, components, derived);
  const hasEma = hasAverages(tensors);

  const notes = [...derived.notes];
  if (hasEma) notes.push('The file also holds averaged weights (EMA). As in A1111, the plain ones are used.');
  if (prediction?.from === 'probe') {
    notes.push(
      'SD 2.x base, 768-v and SD-Turbo have the same tensors. What the network predicts is found out by running it once; ' +
        'you can also set it yourself, or drop the model together with its .yaml file.',
    );
  }
  return {
    kind: kind ?? 'unknown',
    label,
    keyLayout: components.unet!.naming,
    supported: reason === null,
    unsupportedReason: reason,
    networks: derived.unet && {
      unet: derived.unet,
      vae: derived.vae,
      textEncoders: derived.textEncoders,
    },
    prediction,
    hasEma,
    notes,
  };
}

/** By the vector input, then by the text encoder; by the UNet alone where there is none. */
function familyOf({ unet, text }: Components): Family {
  if (
    unet!.tensors.has('label_emb.0.0.weight') &&
    !text.some((t) => t.prefix.startsWith('cond_stage_model.'))
  ) {
    return 'sdxl';
  }
  if (text.length > 0) return text[0]!.type === 'clip' ? 'sd1' : 'sd2';
  const projection = [...unet!.tensors].find(([name]) => name.endsWith('.1.proj_in.weight'));
  return projection?.[1].shape.length === 2 ? 'sd2' : 'sd1';
}

/** The kind, or null for a relative of these families that is none of them. */
function kindOf(
  family: Family,
  components: Components,
  derived: Derived,
): { kind: ImageKind | null; label: string } {
  const named = (kind: ImageKind): { kind: ImageKind; label: string } => ({ kind, label: LABELS[kind] });
  const channels = derived.unet?.inChannels ?? inputChannels(components);
  if (family === 'sdxl') {
    const refiner =
      components.text.length > 0
        ? components.text.every((encoder) => encoder.type === 'open-clip')
        : derived.unet?.channelMult.length === 4;
    if (channels === 4) return named(refiner ? 'sdxl-refiner' : 'sdxl-base');
    return {
      kind: null,
      label: channels === 9 ? 'Stable Diffusion XL inpainting' : withChannels('XL', channels),
    };
  }
  const generation = family === 'sd1' ? '1.x' : '2.x';
  if (derived.unet?.vectorDim) return { kind: null, label: `Stable Diffusion ${generation} unCLIP` };
  if (channels === 4) return named(family);
  if (channels === 9) return named(`${family}-inpainting`);
  if (channels === 8 && family === 'sd1') return named('sd1-instruct-pix2pix');
  if (channels === 5 && family === 'sd2') return named('sd2-depth');
  return { kind: null, label: withChannels(generation, channels) };
}

function withChannels(generation: string, channels: number): string {
  return `Stable Diffusion ${generation} with ${channels} input channels`;
}

function inputChannels({ unet }: Components): number {
  return unet!.tensors.get('input_blocks.0.0.weight')?.shape[1] ?? 0;
}

function unsupportedReason(
  kind: ImageKind | null,
  label: string,
  components: Components,
  derived: Derived,
): string | null {
  if (kind === null || !SUPPORTED.has(kind)) {
    const purpose = kind && PURPOSE[kind] ? ` ${PURPOSE[kind]}` : '';
    return `This is ${label}. Darkroom recognises it but cannot run it yet.${purpose} Stable Diffusion 1.x and 2.x checkpoints work.`;
  }
  const absent: string[] = [];
  if (!components.vae || derived.vae?.hasDecoder === false)
    absent.push('the VAE that turns latents into pictures');
  if (components.text.length === 0) absent.push('the text encoder');
  if (absent.length > 0) {
    return (
      `This is the UNet of a ${label} checkpoint, but the file lacks ${absent.join(' and ')}. ` +
      'Look for the complete (not "pruned to the UNet") checkpoint.'
    );
  }
  if (kind.endsWith('-inpainting') && derived.vae?.hasEncoder === false) {
    return `This is a ${label} checkpoint whose VAE has no encoder, which inpainting needs. Look for the complete checkpoint.`;
  }
  if (derived.problems.length > 0) {
    return `This is a ${label} checkpoint that cannot be run. ${derived.problems.join(' ')} Download it again, or look for another copy.`;
  }
  return null;
}

/** Averages lie under the parameter's name without its dots (ldm.modules.ema.LitEma). */
function hasAverages(tensors: TensorShapes): boolean {
  for (const name of tensors.keys()) {
    if (name.startsWith('model_ema.') && name !== 'model_ema.decay' && name !== 'model_ema.num_updates')
      return true;
  }
  return false;
}

function unknownReason(tensors: TensorShapes): string {
  const names = [...tensors.keys()].slice(0, 3).map((name) => `"${name.slice(0, 60)}"`);
  const holds =
    names.length > 0 ? ` It holds ${tensors.size} tensors: ${names.join(', ')} ...` : ' It holds no tensors.';
  return `Darkroom does not know what this file is.${holds} Drop a Stable Diffusion 1.x or 2.x checkpoint.`;
}
