// From a unit's picture to what its control network sees (scripts/controlnet.py, get_control of sd-webui-controlnet 1.1.455): the
// preprocessor makes a map of it, which is brought to the size of each pass.
import { blurBytes } from '../../image/opencv/blur.ts';
import { canny } from '../../image/opencv/canny.ts';
import { ImageError } from '../../image/errors.ts';
import type { Mask } from '../../image/mask.ts';
import { crop } from '../../image/paste.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { colourGrid, downsampled, inverted, recolorHint, thresholded } from './colours.ts';
import { asRgb, greyAsRgb, type Hint, type RgbImage } from './hint.ts';
import { standardLineArt, xdogScribble } from './line-art.ts';
import { resizedHint, type HintResizeMode } from './resize-hint.ts';
import { shuffled } from './shuffle.ts';
import { findPreprocessor, type Preprocessor } from './table.ts';
import { unitPicture } from './unit-picture.ts';
import { pixelPerfectResolution, workingPicture } from './working-size.ts';

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

export interface MapMeans {
  /** Called at least once a row; what it throws ends the work. */
  readonly pause: Pause;
}

/**
 * The map that a preprocessor makes, at its own size: RGB; for inpainting the picture itself with the mask as fourth channel.
 * Rejects with ImageError for a preprocessor that is unknown or makes no picture here, and for a mask of another size.
 */
export async function detectedMap(order: MapOrder, means: MapMeans): Promise<PixelImage> {
  const preprocessor = runnable(order.preprocessor);
  const picture = unitPicture(order.picture, order.mask, paintsIn(preprocessor));
  if (!(preprocessor.name in FILTERS)) return picture;
  const resolution = order.pixelPerfect
    ? pixelPerfectResolution(picture, order.target, order.resizeMode)
    : order.resolution;
  return FILTERS[preprocessor.name]!(asRgb(picture), { ...order, resolution }, means);
}

/** What the network sees in each pass, in the order of `sizes`. Rejects as `detectedMap` does. */
export async function hintsFor(
  order: MapOrder,
  sizes: readonly Size[],
  means: MapMeans,
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
  if (by !== 'here' && by !== 'embedding') {
    throw new ImageError(
      `The network of the preprocessor "${label}" is not built in. Make the map elsewhere, choose it as the unit's picture and set the preprocessor to "none".`,
    );
  }
  if (by === 'embedding') throw new ImageError(`The preprocessor "${label}" makes no map of a picture.`);
  return preprocessor;
}

type Settings = Pick<MapOrder, 'resolution' | 'thresholdA' | 'thresholdB' | 'seed'>;
type Filter = (image: RgbImage, settings: Settings, means: MapMeans) => Promise<RgbImage> | RgbImage;

/** Works on the padded picture; what is beyond the picture is cut off afterwards. */
function padded(filter: Filter): Filter {
  return async (image, settings, means) => {
    const { padded: working, size } = await workingPicture(image, settings.resolution, means.pause);
    return crop(await filter(working, settings, means), 0, 0, size.width, size.height);
  };
}

/** Works on the picture at the resolution. */
function sized(filter: Filter): Filter {
  return async (image, settings, means) => {
    const { padded: working, size } = await workingPicture(image, settings.resolution, means.pause);
    return filter(crop(working, 0, 0, size.width, size.height), settings, means);
  };
}

/** Those that are missing keep the picture as it is. */
const FILTERS: Readonly<Record<string, Filter>> = {
  canny: padded(async (image, { thresholdA, thresholdB }, { pause }) =>
    greyAsRgb(await canny(image, thresholdA, thresholdB, pause)),
  ),
  invert: inverted,
  threshold: padded((image, { thresholdA }) => thresholded(image, thresholdA)),
  scribble_xdog: padded(async (image, { thresholdA }, { pause }) =>
    greyAsRgb(await xdogScribble(image, thresholdA, pause)),
  ),
  lineart_standard: padded(async (image, _, { pause }) => greyAsRgb(await standardLineArt(image, pause))),
  tile_resample: (image, { thresholdA }, { pause }) => downsampled(image, thresholdA, pause),
  blur_gaussian: sized((image, { thresholdA }, { pause }) => blurBytes(image, thresholdA, pause)),
  shuffle: sized((image, { seed }, { pause }) => shuffled(image, seed, pause)),
  color: (image, { resolution }, { pause }) => colourGrid(image, resolution, pause),
  recolor_luminance: (image, { thresholdA }) => recolorHint(image, 'Luminance', thresholdA),
  recolor_intensity: (image, { thresholdA }) => recolorHint(image, 'Intensity', thresholdA),
};
