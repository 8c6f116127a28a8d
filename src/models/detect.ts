// Which model is it? Told from the names and shapes of a file's tensors, its metadata and its sidecar.
//
// Source of the rules for image models: AUTOMATIC1111 modules/sd_models_config.py (guess_model_config_from_state_dict).
import { recogniseFamily, WHAT_RUNS } from '../families/families.ts';
import type { Family, KindInfo } from '../families/family.ts';
import { recogniseAddOn } from './add-ons.ts';
import { deriveNetworks, type Derived } from './derive.ts';
import { findComponents, type Components } from './layouts/components.ts';
import { settlePrediction } from './prediction.ts';
import type { Sidecar } from './sidecar.ts';
import type { Detection, TensorShapes } from './types.ts';

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
      supported: addOn?.reason === null,
      unsupportedReason: addOn ? addOn.reason : unknownReason(tensors),
      networks: null,
      prediction: null,
      hasEma: false,
      notes: [],
      ...addOn?.found,
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
  const kind = kindOf(family, components, derived);
  const label = kind?.label ?? relativeOf(family, components, derived);
  const prediction = kind && settlePrediction(family, kind, tensors, metadata, sidecar);
  const reason = unsupportedReason(family, kind, label, components, derived);
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
    kind: kind?.kind ?? 'unknown',
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

function familyOf({ unet, text }: Components): Family {
  const names = [...unet!.tensors.keys()];
  const projection = names.find((name) => name.endsWith('.1.proj_in.weight'));
  return recogniseFamily({
    text: text.map(({ type }) => type),
    namedAsInSd: text.some(({ prefix }) => prefix.startsWith('cond_stage_model.')),
    vector: unet!.tensors.has('label_emb.0.0.weight'),
    linear: projection !== undefined && unet!.tensors.get(projection)!.shape.length === 2,
    levels: 1 + names.filter((name) => /^input_blocks\.\d+\.0\.op\.weight$/.test(name)).length,
  });
}

/** Null for a relative of the family that is none of its kinds. */
function kindOf(family: Family, components: Components, { unet }: Derived): KindInfo | null {
  if (unet?.vectorDim != null && family.unet.vector === null) return null;
  const channels = unet?.inChannels ?? inputChannels(components);
  return family.kinds.find((kind) => kind.channels === channels) ?? null;
}

function relativeOf({ name, unet }: Family, components: Components, derived: Derived): string {
  if (derived.unet?.vectorDim != null && unet.vector === null) return `${name} unCLIP`;
  return `${name} with ${derived.unet?.inChannels ?? inputChannels(components)} input channels`;
}

function inputChannels({ unet }: Components): number {
  return unet!.tensors.get('input_blocks.0.0.weight')?.shape[1] ?? 0;
}

function unsupportedReason(
  family: Family,
  kind: KindInfo | null,
  label: string,
  components: Components,
  derived: Derived,
): string | null {
  if (!kind?.supported) {
    const purpose = kind?.purpose ? ` ${kind.purpose}` : '';
    return `This is ${label}. Darkroom recognises it but cannot run it yet.${purpose} ${WHAT_RUNS.replace(' or ', ' and ')} checkpoints work.`;
  }
  const absent = absentEncoders(family, components);
  if (absent.length > 0) {
    return (
      `This is the UNet of a ${label} checkpoint, but the file lacks ${absent.join(' and ')}. ` +
      'Look for the complete (not "pruned to the UNet") checkpoint.'
    );
  }
  if (kind.channels !== family.latent.channels && derived.vae?.hasEncoder === false) {
    return `This is a ${label} checkpoint whose VAE has no encoder, which it needs. Look for the complete checkpoint.`;
  }
  if (derived.problems.length > 0) {
    return `This is a ${label} checkpoint that cannot be run. ${derived.problems.join(' ')} Download it again, or look for another copy.`;
  }
  return null;
}

function absentEncoders({ text }: Family, components: Components): string[] {
  if (components.text.length === 0)
    return [text.encoders.length > 1 ? 'the text encoders' : 'the text encoder'];
  return text.encoders
    .filter(({ type }) => !components.text.some((component) => component.type === type))
    .filter(() => text.encoders.length > 1)
    .map(({ name }) => `the text encoder ${name}`);
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
  return `Darkroom does not know what this file is.${holds} Drop a ${WHAT_RUNS} checkpoint.`;
}
