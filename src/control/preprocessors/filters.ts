// What each preprocessor does with a picture, by its name in the extension.
import { blurBytes } from '../../image/opencv/blur.ts';
import { canny } from '../../image/opencv/canny.ts';
import { channelOf, type Plane8 } from '../../image/opencv/plane.ts';
import { crop } from '../../image/paste.ts';
import type { Pause } from '../../image/pause.ts';
import type { MapKind } from '../../models/annotators/kinds.ts';
import type { AskNetwork, RunAnnotator } from './annotators.ts';
import { colourGrid, downsampled, inverted, recolorHint, thresholded } from './colours.ts';
import { depthMap } from './depth.ts';
import { greyAsRgb, type RgbImage } from './hint.ts';
import { standardLineArt, xdogScribble } from './line-art.ts';
import { drawnBodies } from './pose/openpose.ts';
import { shuffled } from './shuffle.ts';
import { animeLines, drawnLines, hedEdges, pidinetEdges, scribbled } from './soft-edges.ts';
import { workingPicture } from './working-size.ts';

export interface FilterSettings {
  readonly name: string;
  /** Pixels of the shortest side. */
  readonly resolution: number;
  readonly thresholdA: number;
  readonly thresholdB: number;
  /** numpy's. */
  readonly seed: number;
}

export interface FilterMeans {
  readonly annotate: RunAnnotator;
  /** Called at least once a row; what it throws ends the work. */
  readonly pause: Pause;
}

type Filter = (image: RgbImage, settings: FilterSettings, means: FilterMeans) => Promise<RgbImage> | RgbImage;

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

/** A grey map of the padded picture. */
function grey(draw: (image: RgbImage, settings: FilterSettings, pause: Pause) => Promise<Plane8>): Filter {
  return padded(async (image, settings, { pause }) => greyAsRgb(await draw(image, settings, pause)));
}

/** A map of the padded picture by a network. */
function asked(
  kind: MapKind,
  draw: (image: RgbImage, ask: AskNetwork, pause: Pause) => Promise<RgbImage>,
): Filter {
  return padded((image, { name }, { annotate, pause }) =>
    draw(image, (input, outputs) => annotate({ kind, preprocessor: name }, input, outputs), pause),
  );
}

/** ... that is grey. */
function askedGrey(
  kind: MapKind,
  draw: (image: RgbImage, ask: AskNetwork, pause: Pause) => Promise<Plane8>,
): Filter {
  return asked(kind, async (...one) => greyAsRgb(await draw(...one)));
}

/** What another finds, as one draws it by hand. */
function scribble(edges: Filter): Filter {
  return async (image, settings, means) => {
    const found = await edges(image, settings, means);
    return greyAsRgb(await scribbled(channelOf(found, 0), means.pause));
  };
}

const hed = askedGrey('hed', (image, ask) => hedEdges(image, ask, { safe: false }));
const pidinet = askedGrey('pidinet', (image, ask) => pidinetEdges(image, ask, 'plain'));
const lineart = askedGrey('lineart', drawnLines);

/** Those that are missing keep the picture as it is. */
export const FILTERS: Readonly<Record<string, Filter>> = {
  canny: grey((image, { thresholdA, thresholdB }, pause) => canny(image, thresholdA, thresholdB, pause)),
  invert: inverted,
  threshold: padded((image, { thresholdA }) => thresholded(image, thresholdA)),
  scribble_xdog: grey((image, { thresholdA }, pause) => xdogScribble(image, thresholdA, pause)),
  lineart_standard: grey((image, _, pause) => standardLineArt(image, pause)),
  tile_resample: (image, { thresholdA }, { pause }) => downsampled(image, thresholdA, pause),
  blur_gaussian: sized((image, { thresholdA }, { pause }) => blurBytes(image, thresholdA, pause)),
  shuffle: sized((image, { seed }, { pause }) => shuffled(image, seed, pause)),
  color: (image, { resolution }, { pause }) => colourGrid(image, resolution, pause),
  recolor_luminance: (image, { thresholdA }) => recolorHint(image, 'Luminance', thresholdA),
  recolor_intensity: (image, { thresholdA }) => recolorHint(image, 'Intensity', thresholdA),

  hed,
  hed_safe: askedGrey('hed', (image, ask) => hedEdges(image, ask, { safe: true })),
  scribble_hed: scribble(hed),
  pidinet,
  pidinet_safe: askedGrey('pidinet', (image, ask) => pidinetEdges(image, ask, 'safe')),
  pidinet_sketch: askedGrey('pidinet', (image, ask) => pidinetEdges(image, ask, 'sketch')),
  pidinet_scribble: scribble(pidinet),
  lineart,
  lineart_coarse: lineart,
  lineart_anime: askedGrey('lineart-anime', animeLines),
  depth_anything_v2: askedGrey('depth-anything-v2', depthMap),
  openpose: asked('openpose-body', drawnBodies),
};
