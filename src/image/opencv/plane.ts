// One channel of a picture as bytes of its own, and back.
import type { Bytes } from '../bytes.ts';

/** Grey, row by row. */
export interface Plane8 {
  readonly width: number;
  readonly height: number;
  readonly data: Bytes;
}

interface Interleaved {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

export function channelOf({ width, height, channels, data }: Interleaved, channel: number): Plane8 {
  const plane = Uint8Array.from({ length: width * height }, (_, i) => data[i * channels + channel]!);
  return { width, height, data: plane };
}

/** As a grey RGB picture. */
export function inThree({ width, height, data }: Plane8) {
  const out = new Uint8Array(3 * data.length);
  for (let i = 0; i < data.length; i += 1) out.fill(data[i]!, 3 * i, 3 * i + 3);
  return { width, height, channels: 3 as const, data: out };
}
