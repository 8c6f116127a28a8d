// The noise of a batch of images, as A1111's ImageRNG draws it (modules/rng.py): one generator per image, so an image
// is the same alone and in a batch; variation seeds; noise taken from another size.
import { BrownianTree } from './brownian.ts';
import { createGenerator, type Generator, type RandomSource } from './generator.ts';
import type { NoiseSampler, NoiseSource } from './types.ts';

export interface ImageRngOptions {
  readonly source: RandomSource;
  /** Channels, height, width of one image's latent. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** One per image. */
  readonly seeds: readonly (number | bigint)[];
  readonly subseeds?: readonly (number | bigint)[];
  /** 0..1; 0 leaves the subseeds out. */
  readonly subseedStrength?: number;
  /** Size of the noise taken over, in pixels (8 per latent cell); 0 for none. */
  readonly seedResizeFromHeight?: number;
  readonly seedResizeFromWidth?: number;
  /** ENSD: added to the seeds for every draw after the first. */
  readonly etaNoiseSeedDelta?: number;
}

type Shape = readonly [channels: number, height: number, width: number];

const sizeOf = ([c, h, w]: Shape): number => c * h * w;

export class ImageRng implements NoiseSource {
  private generators: Generator[];
  private isFirst = true;

  constructor(private readonly options: ImageRngOptions) {
    for (const seed of options.seeds) {
      if (typeof seed === 'number' && !Number.isSafeInteger(seed))
        throw new RangeError(`The seed ${seed} is not a whole number that is exact.`);
    }
    this.generators = options.seeds.map((seed) => createGenerator(options.source, seed));
  }

  /** [n, channels, height, width]. The first call gives the starting noise. */
  next(): Float32Array {
    if (this.isFirst) {
      this.isFirst = false;
      return this.first();
    }
    const size = sizeOf(this.options.shape);
    return join(this.generators.map((generator) => generator.randn(size)));
  }

  /** A Brownian path per image, from the image's own seed. */
  brownian(sigmaMin: number, sigmaMax: number): NoiseSampler<Float32Array> {
    const { seeds, source, shape } = this.options;
    const trees = seeds.map((seed) => new BrownianTree(source, seed, sizeOf(shape), sigmaMin, sigmaMax));
    return (sigma, sigmaNext) => join(trees.map((tree) => tree.noise(sigma, sigmaNext)));
  }

  private first(): Float32Array {
    const { source, seeds, shape, subseeds, subseedStrength = 0, etaNoiseSeedDelta = 0 } = this.options;
    const { seedResizeFromHeight = 0, seedResizeFromWidth = 0 } = this.options;
    const resized = seedResizeFromHeight > 0 && seedResizeFromWidth > 0;
    const noiseShape: Shape = resized
      ? [shape[0], Math.floor(seedResizeFromHeight / 8), Math.floor(seedResizeFromWidth / 8)]
      : shape;
    const otherSize = noiseShape[1] !== shape[1] || noiseShape[2] !== shape[2];

    const images = seeds.map((seed, i) => {
      const generator = this.generators[i]!;
      // Noise of another size has a generator of its own; the image's stays at its start for the frame around it.
      let noise = (otherSize ? createGenerator(source, seed) : generator).randn(sizeOf(noiseShape));
      if (subseeds && subseedStrength !== 0) {
        const variation = createGenerator(source, subseeds[i] ?? 0).randn(sizeOf(noiseShape));
        noise = slerp(subseedStrength, noise, variation, noiseShape);
      }
      if (otherSize) {
        const frame = generator.randn(sizeOf(shape));
        placeInMiddle(noise, noiseShape, frame, shape);
        noise = frame;
      }
      return noise;
    });
    if (etaNoiseSeedDelta !== 0) {
      this.generators = seeds.map((seed) =>
        createGenerator(source, BigInt(seed) + BigInt(etaNoiseSeedDelta)),
      );
    }
    return join(images);
  }
}

function join(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/**
 * Spherical interpolation from `low` to `high` (A1111's modules/rng.py slerp). One angle per channel and column, since
 * norms run along axis 1 of [c, h, w]: the rows. Nearly equal inputs are mixed linearly, the weights swapped, as there.
 */
export function slerp(amount: number, low: Float32Array, high: Float32Array, shape: Shape): Float32Array {
  const [channels, height, width] = shape;
  const dots = new Float64Array(channels * width);
  for (let c = 0; c < channels; c++) {
    for (let x = 0; x < width; x++) {
      let lowSquares = 0;
      let highSquares = 0;
      let product = 0;
      for (let y = 0; y < height; y++) {
        const index = (c * height + y) * width + x;
        lowSquares += low[index]! ** 2;
        highSquares += high[index]! ** 2;
        product += low[index]! * high[index]!;
      }
      dots[c * width + x] = product / Math.sqrt(lowSquares * highSquares);
    }
  }
  const nearlyEqual = dots.reduce((sum, dot) => sum + dot, 0) / dots.length > 0.9995;
  const out = new Float32Array(low.length);
  for (let c = 0; c < channels; c++) {
    for (let x = 0; x < width; x++) {
      const omega = Math.acos(dots[c * width + x]!);
      const fromLow = nearlyEqual ? amount : Math.sin((1 - amount) * omega) / Math.sin(omega);
      const fromHigh = nearlyEqual ? 1 - amount : Math.sin(amount * omega) / Math.sin(omega);
      for (let y = 0; y < height; y++) {
        const index = (c * height + y) * width + x;
        out[index] = fromLow * low[index]! + fromHigh * high[index]!;
      }
    }
  }
  return out;
}

/** Copies the middle of `from` into the middle of `to`. Offsets are floored, so odd differences lean outwards. */
function placeInMiddle(from: Float32Array, fromShape: Shape, to: Float32Array, toShape: Shape): void {
  const [channels, fromHeight, fromWidth] = fromShape;
  const [, toHeight, toWidth] = toShape;
  const dx = Math.floor((toWidth - fromWidth) / 2);
  const dy = Math.floor((toHeight - fromHeight) / 2);
  const width = dx >= 0 ? fromWidth : fromWidth + 2 * dx;
  const height = dy >= 0 ? fromHeight : fromHeight + 2 * dy;
  const [toX, fromX] = dx >= 0 ? [dx, 0] : [0, -dx];
  const [toY, fromY] = dy >= 0 ? [dy, 0] : [0, -dy];
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const source = (c * fromHeight + fromY + y) * fromWidth + fromX;
      to.set(from.subarray(source, source + width), (c * toHeight + toY + y) * toWidth + toX);
    }
  }
}
