// A latent in overlapping tiles, and what each of its cells is to the whole (pkuliyi2015/multidiffusion-upscaler-for-automatic1111
// 22798f6, tile_utils/utils.py).
import type { LatentArea } from './network-call.ts';

/** In cells. */
export interface LatentTiling {
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** How much neighbours share at least, as far as it is less than a tile. */
  readonly overlap: number;
}

/** The overlap is brought to this much less than the shorter side of a tile. */
const LEAST_STRIDE = 4;

/** Row by row, spread evenly. A tile is no larger than the latent. */
export function latentTiles(width: number, height: number, tiling: LatentTiling): LatentArea[] {
  const { tileWidth, tileHeight } = tiling;
  const shorter = Math.min(tileWidth, tileHeight);
  const overlap = Math.max(0, Math.min(tiling.overlap, shorter - LEAST_STRIDE));
  const [across, down] = [Math.min(tileWidth, width), Math.min(tileHeight, height)];
  return edges(height, down, overlap).flatMap((top) =>
    edges(width, across, overlap).map((left) => ({
      ...{ top, left, bottom: top + down, right: left + across },
    })),
  );
}

function edges(length: number, tile: number, overlap: number): number[] {
  if (tile >= length) return [0];
  const count = Math.ceil((length - overlap) / (tile - overlap));
  const stride = (length - tile) / (count - 1);
  return Array.from({ length: count }, (_, i) => Math.min(Math.trunc(i * stride), length - tile));
}

/** In as few groups of at most `size` as there can be, about equal. */
export function inBatches<T>(values: readonly T[], size: number): T[][] {
  const share = Math.ceil(values.length / Math.ceil(values.length / size));
  return Array.from({ length: Math.ceil(values.length / share) }, (_, i) =>
    values.slice(i * share, (i + 1) * share),
  );
}

const VARIANCE = 0.01;

/**
 * How much the cells of a tile count in Mixture of Diffusers, [height, width]: a bell. In both directions it is as broad as the tile's
 * width makes it, and its middle lies half a cell further down than it should, as in the original.
 */
export function gaussianWeights(width: number, height: number): Float32Array {
  const bell = (at: number, middle: number): number =>
    Math.exp(-((at - middle) ** 2) / width ** 2 / (2 * VARIANCE)) / Math.sqrt(2 * Math.PI * VARIANCE);
  const across = Array.from({ length: width }, (_, x) => bell(x, (width - 1) / 2));
  const down = Array.from({ length: height }, (_, y) => bell(y, height / 2));
  return Float32Array.from(
    { length: width * height },
    (_, i) => down[Math.floor(i / width)]! * across[i % width]!,
  );
}

/** What of the cells of a foreground region shows, [height, width]: it fades towards the edges, over a part of its half width. */
export function featherMask(width: number, height: number, ratio: number): Float32Array {
  const [halfWidth, halfHeight] = [Math.floor(width / 2), Math.floor(height / 2)];
  const radius = Math.trunc(Math.min(halfWidth, halfHeight) * ratio);
  return Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [fromSide, fromEnd] = [Math.min(x, width - 1 - x), Math.min(y, height - 1 - y)];
    // The row and column in the middle of odd ones stay whole.
    if (fromSide >= halfWidth || fromEnd >= halfHeight) return 1;
    const distance = Math.min(fromSide, fromEnd);
    return distance >= radius ? 1 : (distance / radius) ** 2;
  });
}
