// Decodes and encodes pictures in tiles (models/vae-tiles.ts), with the result of doing it whole.
//
// The statistics of the norms are found by repetition. A first guess comes from a small sample of the picture that fits
// into one tile. Then each pass over the tiles normalises by the statistics found so far, and measures them anew. A norm's
// statistics depend on those before it only, so as many passes as there are norms make them exact; since most of what
// passes a block goes around its norms, far fewer make them good enough.
import {
  cutOut,
  cutOutWrapped,
  cutTiles,
  emptyPlanes,
  heightOf,
  paste,
  sampled,
  scaled,
  widthOf,
  within,
} from '../image/tiles.ts';
import type { Area, Planes } from '../image/tiles.ts';
import type { VaeConfig } from '../models/types.ts';
import type { VaeDecoderInputs } from '../models/vae.ts';
import {
  decoderTiles,
  encoderTiles,
  type EncoderStemInputs,
  type VaeTileInputs,
} from '../models/vae-tiles.ts';

/** One of vae-tiles.ts' tile networks, loaded. */
export type RunTile = (
  inputs: VaeTileInputs,
) => Promise<{ readonly out: Float32Array; readonly moments: Float32Array }>;

export interface DecoderParts {
  stem(inputs: VaeDecoderInputs): Promise<Float32Array>;
  readonly tile: RunTile;
}

export interface EncoderParts {
  readonly tile: RunTile;
  /** Gives the mean of the latent, not scaled. */
  stem(inputs: EncoderStemInputs): Promise<Float32Array>;
}

export interface TilingOptions {
  /** Largest side of a tile in pixels of the picture, without what it shares with its neighbours. */
  readonly tileSize?: number;
  /** Passes end when no norm's mean (in deviations) or deviation (relative) changes by more than this ... */
  readonly tolerance?: number;
  /** ... or after so many: one more than there are norms makes them exact. */
  readonly maxPasses?: number;
  /** Opposite edges of the picture continue each other (A1111's "Tiling"): the stem must be made for it, too. */
  readonly wraps?: boolean;
  /** Called before each tile with how many are done, and how many there will be as far as known. */
  readonly onTile?: (done: number, total: number) => void;
}

/** Bounds what a tile takes to about 0.6 GB. */
export const TILE_SIZE = 384;
/** Measured: a change by this moves pixels by less than one of 255 levels ... */
const DECODER_TOLERANCE = 0.01;
/** ... and by this, latents by less than a two-hundredth of their largest value. */
const ENCODER_TOLERANCE = 0.001;

/** One scaled latent [latentChannels, height, width] -> image [outChannels, 8 height, 8 width], about -1..1. */
export async function decodeInTiles(
  config: VaeConfig,
  parts: DecoderParts,
  latent: Float32Array,
  height: number,
  width: number,
  options: TilingOptions = {},
): Promise<Float32Array> {
  const shape = decoderTiles(config);
  const features = {
    data: await parts.stem({ latent, batch: 1, height, width }),
    channels: shape.channels,
    height: height * shape.featureScale,
    width: width * shape.featureScale,
  };
  const [rows, columns] = [features.height * shape.pictureScale, features.width * shape.pictureScale];
  const image = emptyPlanes(config.outChannels, rows, columns);
  await runInTiles(
    parts.tile,
    {
      from: features,
      fromScale: 1,
      to: image,
      toScale: shape.pictureScale,
      tolerance: DECODER_TOLERANCE,
      ...shape,
    },
    options,
  );
  return image.data;
}

/** One image [inChannels, height, width], -1..1 -> the mean of its latent [latentChannels, height / 8, width / 8], scaled. */
export async function encodeInTiles(
  config: VaeConfig,
  parts: EncoderParts,
  image: Float32Array,
  height: number,
  width: number,
  options: Omit<TilingOptions, 'wraps'> = {},
): Promise<Float32Array> {
  const shape = encoderTiles(config);
  const from = { data: image, channels: config.inChannels, height, width };
  const features = emptyPlanes(shape.channels, height / shape.pictureScale, width / shape.pictureScale);
  await runInTiles(
    parts.tile,
    { from, fromScale: shape.pictureScale, to: features, toScale: 1, tolerance: ENCODER_TOLERANCE, ...shape },
    options,
  );
  const mean = await parts.stem({ features: features.data, height: features.height, width: features.width });
  return mean.map((value) => value * config.scaleFactor);
}

interface TileRun {
  readonly from: Planes;
  readonly to: Planes;
  /** Pixels of `from` and `to` a pixel of the features. */
  readonly fromScale: number;
  readonly toScale: number;
  readonly pictureScale: number;
  readonly halo: number;
  readonly norms: number;
  readonly tolerance: number;
}

/** Fills `to` with what the tiles make of `from`. */
async function runInTiles(tile: RunTile, run: TileRun, options: TilingOptions): Promise<void> {
  const { tileSize = TILE_SIZE, tolerance = run.tolerance, maxPasses = run.norms + 1 } = options;
  const { wraps = false, onTile } = options;
  const { from, fromScale, to, toScale, halo } = run;
  const size = Math.max(1, Math.floor(tileSize / run.pictureScale));
  const tiles = cutTiles(from.height / fromScale, from.width / fromScale, size, halo, wraps);
  const cut = wraps ? cutOutWrapped : cutOut;
  const call = (planes: Planes, core: Area, statistics: Float32Array | null) =>
    tile({
      planes: planes.data,
      height: planes.height / fromScale,
      width: planes.width / fromScale,
      core,
      statistics,
    });

  let statistics: Float32Array | null = null;
  if (tiles.length > 1) {
    const sample = sampled(from, size, fromScale);
    const whole = { top: 0, left: 0, bottom: sample.height / fromScale, right: sample.width / fromScale };
    statistics = statisticsOf([{ moments: (await call(sample, whole, null)).moments, weight: 1 }]);
  }
  for (let pass = 1; ; pass++) {
    const measured: Measured[] = [];
    for (const [index, { whole, core }] of tiles.entries()) {
      onTile?.((pass - 1) * tiles.length + index, (pass + 1) * tiles.length);
      const inner = within(core, whole);
      const { out, moments } = await call(cut(from, scaled(whole, fromScale)), inner, statistics);
      measured.push({ moments, weight: heightOf(core) * widthOf(core) });
      const [height, width] = [heightOf(whole) * toScale, widthOf(whole) * toScale];
      const made = { data: out, channels: to.channels, height, width };
      paste(made, scaled(inner, toScale), to, scaled(core, toScale));
    }
    // The core of a single tile is the whole picture, normalised by what it measured itself.
    if (statistics === null || pass >= maxPasses) return;
    const next = statisticsOf(measured);
    // Also where numbers are not finite: passes make them no better.
    if (!(drift(statistics, next) > tolerance)) return;
    statistics = next;
  }
}

interface Measured {
  readonly moments: Float32Array;
  readonly weight: number;
}

/** Pairs of mean and mean square become pairs of mean and variance, over all tiles. */
export function statisticsOf(measured: readonly Measured[]): Float32Array {
  const total = measured.reduce((sum, { weight }) => sum + weight, 0);
  const at = (i: number) =>
    measured.reduce((sum, { moments, weight }) => sum + moments[i]! * weight, 0) / total;
  const statistics = new Float32Array(measured[0]!.moments.length);
  for (let i = 0; i < statistics.length; i += 2) {
    const mean = at(i);
    statistics[i] = mean;
    statistics[i + 1] = Math.max(0, at(i + 1) - mean * mean);
  }
  return statistics;
}

/** Largest change of a mean in deviations, or of a deviation relative to itself. NaN where a picture is not finite. */
function drift(before: Float32Array, after: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < after.length; i += 2) {
    const deviation = Math.sqrt(after[i + 1]!) + 1e-6;
    const moved = Math.abs(after[i]! - before[i]!) / deviation;
    const stretched = Math.abs((Math.sqrt(before[i + 1]!) + 1e-6) / deviation - 1);
    largest = Math.max(largest, moved, stretched);
  }
  return largest;
}
