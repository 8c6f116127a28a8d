// A1111's latent upscalers (modules/shared_items.py, latent_upscale_modes), and the list of hires fix, which has them beside those
// of pictures.
import { resizePlanes, type PlaneFilter } from './resize-planes.ts';
import type { Planes } from './tiles.ts';
import { UPSCALERS, type UpscalerName } from './upscale.ts';

const FILTER_OF = {
  Latent: 'bilinear',
  'Latent (antialiased)': 'bilinear antialiased',
  'Latent (bicubic)': 'bicubic',
  'Latent (bicubic antialiased)': 'bicubic antialiased',
  'Latent (nearest)': 'nearest',
  'Latent (nearest-exact)': 'nearest-exact',
} as const satisfies Readonly<Record<string, PlaneFilter>>;

export type LatentUpscaler = keyof typeof FILTER_OF;
/** One of these, or what a file of the library is called. */
export type HiresUpscaler = UpscalerName;

/** In A1111's order: those that need no file. */
export const HIRES_UPSCALERS: readonly HiresUpscaler[] = [
  ...(Object.keys(FILTER_OF) as LatentUpscaler[]),
  ...UPSCALERS,
];

export function isLatentUpscaler(name: HiresUpscaler): name is LatentUpscaler {
  return name in FILTER_OF;
}

/** To `height` x `width` cells. */
export function upscaleLatent(
  latent: Planes,
  upscaler: LatentUpscaler,
  height: number,
  width: number,
): Planes {
  return resizePlanes(latent, height, width, FILTER_OF[upscaler]);
}
