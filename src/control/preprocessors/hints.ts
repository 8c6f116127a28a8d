// From a unit's picture to what its control network sees (scripts/controlnet.py, get_control of sd-webui-controlnet 1.1.455): the
// preprocessor makes a map of it, which is brought to the size of each pass.
import { ImageError } from '../../image/errors.ts';
import type { Mask } from '../../image/mask.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { FILTERS, type FilterMeans } from './filters.ts';
import { asRgb, type Hint } from './hint.ts';
import type { HintResizeMode } from './hint-resize-modes.ts';
import { resizedHint } from './resize-hint.ts';
import { findPreprocessor, type Preprocessor } from './table.ts';
import { unitPicture } from './unit-picture.ts';
import { pixelPerfectResolution } from './working-size.ts';

/** What of a unit decides its map. */
export interface MapOrder {
  readonly picture: PixelImage;
  /** Drawn on it, of its size; white is what is painted. */
  readonly mask: Mask | null;
  /** By name or label (table.ts). */
  readonly preprocessor: string;
  /** "Processor Res": pixels of the shortest side. */
  readonly resolution: number;
  readonly thresholdA: number;
  readonly thresholdB: number;
  readonly pixelPerfect: boolean;
  readonly resizeMode: HintResizeMode;
  /** Of the first pass. */
  readonly target: Size;
  /** numpy's: the sum of seed and variation seed, each the first picture's where it is random; modulo 2^32. */
  readonly seed: number;
}

/**
 * The map that a preprocessor makes, at its own size: RGB; for inpainting the picture itself with the mask as fourth channel.
 * Rejects with ImageError for a preprocessor that is unknown or makes no picture here, and for a mask of another size; and with what
 * `annotate` rejects with.
 */
export async function detectedMap(order: MapOrder, means: FilterMeans): Promise<PixelImage> {
  const preprocessor = runnable(order.preprocessor);
  const picture = unitPicture(order.picture, order.mask, paintsIn(preprocessor));
  const filter = FILTERS[preprocessor.name];
  if (!filter) return picture;
  const resolution = order.pixelPerfect
    ? pixelPerfectResolution(picture, order.target, order.resizeMode)
    : order.resolution;
  const { thresholdA, thresholdB, seed } = order;
  return filter(asRgb(picture), { name: preprocessor.name, resolution, thresholdA, thresholdB, seed }, means);
}

/** What the network sees in each pass, in the order of `sizes`. Rejects as `detectedMap` does. */
export async function hintsFor(
  order: MapOrder,
  sizes: readonly Size[],
  means: FilterMeans,
): Promise<readonly Hint[]> {
  const map = await detectedMap(order, means);
  const painted = paintsIn(runnable(order.preprocessor));
  const hints: Hint[] = [];
  for (const size of sizes) hints.push(await resizedHint(map, order.resizeMode, size, means.pause, painted));
  return hints;
}

/** Whether its hint is the picture with a mask. */
export function paintsIn({ name }: Preprocessor): boolean {
  return name.includes('inpaint');
}

function runnable(wanted: string): Preprocessor {
  const preprocessor = findPreprocessor(wanted);
  if (!preprocessor) throw new ImageError(`There is no preprocessor "${wanted}". Choose one from the list.`);
  const { by, label } = preprocessor;
  if (by === 'map') {
    throw new ImageError(
      `The network of the preprocessor "${label}" is not built in. Make the map elsewhere, choose it as the unit's picture and set the preprocessor to "none".`,
    );
  }
  if (by === 'embedding' || by === 'clip-vision')
    throw new ImageError(`The preprocessor "${label}" makes no map of a picture.`);
  return preprocessor;
}
