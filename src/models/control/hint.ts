// A picture as control networks are given it.
import type { PixelImage } from '../../image/pixels.ts';
import type { Planes } from '../../image/tiles.ts';

/** Its colours as [3, height, width], 0..1. */
export function hintPlanes({ data, channels, width, height }: PixelImage): Planes {
  const pixels = width * height;
  const planes = Float32Array.from(
    { length: 3 * pixels },
    (_, i) => data[channels * (i % pixels) + Math.floor(i / pixels)]! / 255,
  );
  return { data: planes, channels: 3, width, height };
}
