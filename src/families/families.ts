// All families, and how a model finds its own.
import type { Family, Found, ImageKind, KindInfo, Size, Variant } from './family.ts';
import { SD1 } from './sd1.ts';
import { SD2 } from './sd2.ts';
import { SDXL_REFINER } from './sdxl-refiner.ts';
import { SDXL } from './sdxl.ts';
import type { Prediction } from '../sampling/types.ts';

/** In the order in which they are asked whether a file is theirs. */
export const FAMILIES: readonly Family[] = [SDXL_REFINER, SDXL, SD1, SD2];

/** Checkpoints that make pictures, in a sentence: "Stable Diffusion 1.x or 2.x". */
export const WHAT_RUNS = 'Stable Diffusion 1.x or 2.x';

const KINDS = new Map(
  FAMILIES.flatMap((family) => family.kinds.map((info) => [info.kind as string, { family, info }] as const)),
);

/** Every file with a UNet is held for one of them, rightly or not. */
export function recogniseFamily(found: Found): Family {
  return FAMILIES.find((family) => family.recognise(found))!;
}

/** Null for kinds that make no pictures. */
export function familyOf(kind: string): Family | null {
  return KINDS.get(kind)?.family ?? null;
}

export function isImageKind(kind: string): kind is ImageKind {
  return KINDS.has(kind);
}

export function kindInfo(kind: ImageKind): KindInfo {
  return KINDS.get(kind)!.info;
}

/** The relative that a name tells of; null for an ordinary model. `name`: of the model or its file. */
export function variantOf({ variants }: Family, name: string): Variant | null {
  const words = name.toLowerCase().replace(/[^a-z0-9]+/g, ' ');
  return variants.find((variant) => variant.name.test(words)) ?? null;
}

/** Sizes for the person to choose from, the usual one first. */
export function sizesFor(family: Family, name: string, prediction: Prediction | null): readonly Size[] {
  const { usual, v = usual } = family.sizes;
  return variantOf(family, name)?.sizes ?? (prediction === 'v' ? v : usual);
}
