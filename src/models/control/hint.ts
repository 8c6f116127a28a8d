// A picture as control networks are given it.
import type { Planes } from '../../image/tiles.ts';

/** 0..255; a fourth channel, if there is one, says what is painted. */
export interface HintPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: ArrayLike<number>;
}

/** What is painted is -1 (ControlNet's inpainting models). */
export function paintedPlanes(picture: HintPicture): Planes {
  const planes = hintPlanes(picture);
  const { data: mask } = paintedMask(picture);
  return { ...planes, data: planes.data.map((value, i) => (mask[i % mask.length] === 1 ? -1 : value)) };
}

/** The fourth channel: [1, height, width], 1 where is painted, 0 elsewhere. */
export function paintedMask({ data, width, height }: HintPicture): Planes {
  const mask = Float32Array.from({ length: width * height }, (_, i) => Number(data[4 * i + 3]! / 255 > 0.5));
  return { data: mask, channels: 1, width, height };
}

/** Its colours as [3, height, width], 0..1. */
export function hintPlanes({ data, channels, width, height }: HintPicture): Planes {
  const pixels = width * height;
  const planes = Float32Array.from(
    { length: 3 * pixels },
    (_, i) => data[channels * (i % pixels) + Math.floor(i / pixels)]! / 255,
  );
  return { data: planes, channels: 3, width, height };
}
