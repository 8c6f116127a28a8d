// What a model was made for: sizes to choose from, and what to offer where something else is set.
import { familyOf, sizesFor, variantOf, variantOfLora } from '../families/families.ts';
import type { Family, Size, Variant } from '../families/family.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { findLora } from '../library/lora-choice.ts';
import type { StoredModel } from '../library/types.ts';

type Model = Pick<StoredModel, 'name' | 'fileName' | 'detection' | 'predictionOverride'>;

type Lora = Pick<StoredModel, 'name' | 'fileName' | 'detection'>;

/** Beyond this part of the area they were made for, or its inverse, models draw things twice, or mush. */
const TOLERATED = 0.6;

/** The usual one first; empty for a model whose UNet is not as wide as the published ones: nobody knows what it was made for. */
export function sizesOf({ name, fileName, detection, predictionOverride }: Model): readonly Size[] {
  const family = familyOf(detection.kind);
  if (!family || detection.networks?.unet.modelChannels !== family.unet.modelChannels) return [];
  const prediction = predictionOverride ?? detection.prediction?.value ?? null;
  return sizesFor(family, `${fileName} ${name}`, prediction);
}

/** What the model wants otherwise than it is set, and from where that is known. */
export interface Advice {
  /** A relative's name: "SDXL Lightning"; null where only the size is advised. */
  readonly label: string | null;
  readonly change: Partial<Pick<GenerationParameters, 'steps' | 'cfgScale' | 'sampler' | 'scheduler'> & Size>;
}

/** Null where there is nothing to say. `loras`: those that the prompt calls. */
export function adviceFor(
  model: Model,
  parameters: Pick<GenerationParameters, 'steps' | 'cfgScale' | 'width' | 'height'>,
  loras: readonly Lora[] = [],
): Advice | null {
  const family = familyOf(model.detection.kind);
  const variant =
    family && (variantOfAny(family, loras) ?? variantOf(family, `${model.fileName} ${model.name}`));
  const change: { -readonly [K in keyof Advice['change']]: Advice['change'][K] } = {};
  if (variant) {
    const { steps, cfgScale, sampler, scheduler } = variant;
    // Other samplers and a few steps more or less are a matter of taste; these are not.
    const far = parameters.steps > 2 * steps || parameters.cfgScale > cfgScale + 1.5;
    if (far) Object.assign(change, { steps, cfgScale, sampler, scheduler });
  }
  const [usual] = sizesOf(model);
  if (usual) {
    const share = (parameters.width * parameters.height) / (usual.width * usual.height);
    if (share < TOLERATED || share > 1 / TOLERATED) Object.assign(change, usual);
  }
  if (Object.keys(change).length === 0) return null;
  return { label: change.steps === undefined ? null : (variant?.label ?? null), change };
}

/** What the first of the LoRAs that makes anything of a model makes of it. */
function variantOfAny(family: Family, loras: readonly Lora[]): Variant | null {
  for (const { fileName, name, detection } of loras) {
    const variant = variantOfLora(family, `${fileName} ${name} ${detection.lora?.alias ?? ''}`);
    if (variant) return variant;
  }
  return null;
}

/** The LoRAs of the library that a prompt calls by their names. */
export function lorasCalled(prompt: string, loras: readonly StoredModel[]): readonly StoredModel[] {
  const names = [...prompt.matchAll(/<(?:lora|lyco):([^:>]+)/g)].map(([, name]) => name!);
  return names.flatMap((name) => findLora(loras, name) ?? []);
}

/**
 * The size to set with a newly chosen model: where the one that is set is nobody's choice, but A1111's default or what the
 * model before was made for. Null: leave it.
 */
export function sizeWith(next: Model, before: Model | null, set: Size, standard: Size): Size | null {
  const [usual] = sizesOf(next);
  const same = (size: Size | undefined) => size?.width === set.width && size.height === set.height;
  if (!usual || same(usual)) return null;
  return same(standard) || same(before ? sizesOf(before)[0] : undefined) ? usual : null;
}
