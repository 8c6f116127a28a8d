// A map to look at: from files to a file, stopped where it is told so.
import { describe, expect, it } from 'vitest';
import { detectedMap } from '../../control/preprocessors/hints.ts';
import { withoutPause } from '../../image/pause.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { encodePng } from '../../image/png.ts';
import { readPicture } from '../../image/read-picture.ts';
import { preprocess, type PreprocessOrder } from './preprocessing.ts';

const SIDE = 96;
/** A grey ramp with a square in it. */
const picture: PixelImage = {
  width: SIDE,
  height: SIDE,
  channels: 3,
  data: Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    return x > 30 && x < 60 && y > 30 && y < 60 ? 240 : x;
  }),
};
const half: PixelImage = {
  ...picture,
  data: Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => (i < 1.5 * SIDE * SIDE ? 255 : 0)),
};
const png = async (image: PixelImage) => new Blob([await encodePng(image)], { type: 'image/png' });
const noNetwork = () => Promise.reject(new Error('It runs no network.'));

async function order(preprocessor: string, mask: PixelImage | null = null): Promise<PreprocessOrder> {
  return {
    picture: await png(picture),
    mask: mask && (await png(mask)),
    preprocessor,
    resolution: 128,
    thresholdA: 100,
    thresholdB: 200,
    pixelPerfect: false,
    resizeMode: 'Crop and Resize',
    target: { width: 64, height: 64 },
    seed: 1,
  };
}

describe('preprocess', () => {
  it('gives the map at its own size', async () => {
    const asked = await order('canny');
    const { status, map } = await preprocess(asked, { stop: false, skip: false }, noNetwork);
    const expected = await detectedMap(
      { ...asked, picture, mask: null },
      { annotate: noNetwork, pause: withoutPause },
    );
    expect([status, map?.size]).toEqual(['finished', { width: 128, height: 128 }]);
    expect(expected.data.some((value) => value === 255)).toBe(true);
    const made = await readPicture(map!.png);
    const colours = made.data.filter((_, i) => i % made.channels < 3);
    expect([...colours]).toEqual([...expected.data]);
  });

  it('shows what is painted half transparent', async () => {
    const { map } = await preprocess(
      await order('inpaint_only', half),
      { stop: false, skip: false },
      noNetwork,
    );
    const { channels, data } = await readPicture(map!.png);
    expect([channels, data[3], data.at(-1)]).toEqual([4, 128, 255]);
  });

  it('is interrupted in the middle', async () => {
    const asked = await order('shuffle');
    const outcome = await preprocess(asked, { stop: true, skip: false }, noNetwork);
    expect(outcome).toEqual({ status: 'interrupted', map: null });
  });

  it.each([
    ['nothing of the kind', /no preprocessor/],
    ['depth_zoe', /not built in/],
    ['ip-adapter_clip_h', /makes no map/],
  ])('says what is wrong with "%s"', async (name, message) => {
    await expect(preprocess(await order(name), { stop: false, skip: false }, noNetwork)).rejects.toThrow(
      message,
    );
  });

  it('refuses a mask of another size', async () => {
    const small = { ...half, height: SIDE / 2, data: half.data.slice(0, half.data.length / 2) };
    await expect(
      preprocess(await order('canny', small), { stop: false, skip: false }, noNetwork),
    ).rejects.toThrow(/Draw the mask again/);
  });
});
