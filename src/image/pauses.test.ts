// What takes long on large pictures stops often, and gives the same with and without.
import { expect, it } from 'vitest';
import { blurPlane } from './blur-plane.ts';
import { resizeLanczos4 } from './lanczos4.ts';
import { blurMask } from './mask-blur.ts';
import { matchedNoise } from './matched-noise.ts';
import { filled } from './overlay.ts';
import { withoutPause, type Pause } from './pause.ts';
import { blurBytes } from './opencv/blur.ts';
import { canny } from './opencv/canny.ts';
import { resizeBytes } from './opencv/resize-bytes.ts';
import { resizeNumbers } from './opencv/resize-numbers.ts';
import { warpAffine, warpPlane } from './warp-affine.ts';

const [WIDTH, HEIGHT] = [192, 128];

/** Gives a turn now and then, and counts how often it was asked for one. */
function counting(): { pause: Pause; count: () => number } {
  let count = 0;
  const pause: Pause = () => {
    count += 1;
    return count % 50 === 0 ? new Promise((resolve) => setTimeout(resolve)) : undefined;
  };
  return { pause, count: () => count };
}

const mask = {
  width: WIDTH,
  height: HEIGHT,
  channels: 1,
  data: Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH > (i / WIDTH) * 1.2 ? 255 : 0)),
} as const;
const picture = {
  width: WIDTH,
  height: HEIGHT,
  channels: 3,
  data: Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => (i * 7919) >>> 5),
} as const;
const plane = { width: WIDTH, height: HEIGHT, data: Float64Array.from(mask.data) };
const WHOLE = { left: 0, top: 0, right: WIDTH, bottom: HEIGHT };
const TURN = [0.8, -0.6, 40, 0.6, 0.8, -20] as const;

it.each([
  ['the blur of a mask', HEIGHT, (pause?: Pause) => blurMask(mask, 9, 9, pause)],
  ['a filled hole', WIDTH + HEIGHT, (pause?: Pause) => filled(picture, mask, pause)],
  [
    'matched noise',
    10 * (WIDTH + HEIGHT),
    (pause?: Pause) => {
      const unit = { ...picture, data: Float64Array.from(picture.data, (value) => value / 255) };
      return matchedNoise(
        unit,
        Float64Array.from(mask.data, (value) => value / 255),
        1,
        0.05,
        pause,
      );
    },
  ],
  ['the blur of a plane', 2 * HEIGHT, (pause: Pause = withoutPause) => blurPlane(plane, 31, pause)],
  [
    'a picture enlarged as OpenCV does it',
    2 * HEIGHT,
    (pause: Pause = withoutPause) => resizeLanczos4(picture, 2 * WIDTH, 2 * HEIGHT, pause),
  ],
  [
    'a picture resized as OpenCV does it',
    2 * HEIGHT,
    (pause: Pause = withoutPause) => resizeBytes(picture, 2 * WIDTH, 2 * HEIGHT, 'cubic', pause),
  ],
  [
    'numbers resized as OpenCV does it',
    HEIGHT / 2,
    (pause: Pause = withoutPause) =>
      resizeNumbers({ ...plane, channels: 1 }, WIDTH / 2, HEIGHT / 2, 'area', pause),
  ],
  [
    'a picture blurred as OpenCV does it',
    HEIGHT,
    (pause: Pause = withoutPause) => blurBytes(picture, 5, pause),
  ],
  ["Canny's edges", 2 * HEIGHT, (pause: Pause = withoutPause) => canny(picture, 100, 200, pause)],
  [
    'a warped picture',
    HEIGHT,
    (pause: Pause = withoutPause) => warpAffine(picture, TURN, WHOLE, [1, 2, 3], pause),
  ],
  ['a warped plane', HEIGHT, (pause: Pause = withoutPause) => warpPlane(plane, TURN, WHOLE, pause)],
] as const)('%s', async (_, least, make) => {
  const { pause, count } = counting();
  const made = await make(pause);
  // Once a row at least, so that a row is the most that one waits for.
  expect(count()).toBeGreaterThanOrEqual(least);
  expect(made).toEqual(await make());
});
