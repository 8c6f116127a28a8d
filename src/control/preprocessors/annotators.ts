// What preprocessors ask of networks that the person has brought, and the way of pictures to them and back.
import type { Planes } from '../../image/tiles.ts';
import type { WantedAnnotator } from '../../models/annotators/kinds.ts';
import type { RgbImage } from './hint.ts';

/**
 * The named outputs of the network (models/annotators) for a picture as it wants its numbers, [3, height, width]. Rejects where there
 * is none of that kind, and with what networks reject with.
 */
export type RunAnnotator = (
  wanted: WantedAnnotator,
  image: Planes,
  outputs: readonly string[],
) => Promise<readonly Float32Array[]>;

/** ... of the one that a preprocessor is for. */
export type AskNetwork = (image: Planes, outputs: readonly string[]) => Promise<readonly Float32Array[]>;

/** Each channel of a picture, as `value` makes it of its bytes, in float32; blue first if `swapped`. */
export function planesOf(
  { width, height, data }: RgbImage,
  value: (byte: number) => number,
  { swapped = false } = {},
): Planes {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let c = 0; c < 3; c += 1)
    for (let i = 0; i < area; i += 1) planes[c * area + i] = value(data[3 * i + (swapped ? 2 - c : c)]!);
  return { channels: 3, width, height, data: planes };
}

/** Numbers as bytes, cut off at both ends and truncated; NaN becomes 0. */
export function inBytes(values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(values, (value) => Math.min(255, Math.max(0, value)));
}
