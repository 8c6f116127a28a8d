// All families, and how a model finds its own.
import type {
  Family,
  Found,
  ImageKind,
  KindInfo,
  LatentInfo,
  Size,
  TextEncoderInfo,
  TextEncoderType,
  Variant,
} from './family.ts';
import { SD1 } from './sd1.ts';
import { SD2 } from './sd2.ts';
import { SDXL_REFINER } from './sdxl-refiner.ts';
import { SDXL } from './sdxl.ts';
import type { Prediction } from '../sampling/types.ts';

/** In the order in which they are asked whether a file is theirs. */
export const FAMILIES: readonly Family[] = [SDXL_REFINER, SDXL, SD1, SD2];

/** Checkpoints that make pictures, for sentences. */
export const WHAT_RUNS = 'Stable Diffusion 1.x, 2.x or XL';

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

/** The latents that a VAE file of this name was made for, as far as names tell. */
export function latentOfVaeNamed(name: string): LatentInfo | null {
  return FAMILIES.find(({ latent }) => latent.vaeNames.test(name))?.latent ?? null;
}

/** "sd_xl_turbo", "v9Rdphoto2Lightning", "SDXLTurbo": in small letters, with blanks between. */
function wordsOf(name: string): string {
  const apart = name.replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3 $2');
  return apart.toLowerCase().replace(/[^a-z0-9]+/g, ' ');
}

/** The relative that a name tells of, with the steps that it tells; null for an ordinary model. `name`: of the model or its file. */
export function variantOf({ variants }: Family, name: string): Variant | null {
  const words = wordsOf(name);
  const variant = variants.find((one) => one.name.test(words));
  if (!variant) return null;
  const steps = Number(/\b(\d{1,2}) ?steps?\b/.exec(words)?.[1] ?? 0);
  return steps > 0 ? { ...variant, steps } : variant;
}

/**
 * What a LoRA makes of the models of a family, as its names tell. A style may be called "lightning" or "hyper detailed", too: the
 * names of those that need few steps say how many, what for, or a method that nothing else is called by.
 */
export function variantOfLora(family: Family, name: string): Variant | null {
  const words = wordsOf(name);
  const tells = /\b(?:\d{1,2} ?steps?|lcm|tcd|dmd2|hyper ?sd\w*|sd ?x?l? ?(?:lightning|turbo))\b/.test(words);
  return tells ? variantOf(family, name) : null;
}

/** What the family says of one of its models' text encoders. @throws Error for one that it has not. */
export function textInfoOf(
  { name, text }: Family,
  { type }: { readonly type: TextEncoderType },
): TextEncoderInfo {
  const info = text.encoders.find((encoder) => encoder.type === type);
  if (!info) throw new Error(`${name} has no text encoder of the type ${type}.`);
  return info;
}

/** Sizes for the person to choose from, the usual one first. */
export function sizesFor(family: Family, name: string, prediction: Prediction | null): readonly Size[] {
  const { usual, v = usual } = family.sizes;
  return variantOf(family, name)?.sizes ?? (prediction === 'v' ? v : usual);
}
