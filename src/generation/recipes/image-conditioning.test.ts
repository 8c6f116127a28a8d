// What is told to UNets that read a picture, where there is none.
import { expect, test } from 'vitest';
import { blankConditioning } from './image-conditioning.ts';

const networks = {
  latentChannels: 4,
  scaleFactor: 1,
  encode: (image: Float32Array, height: number, width: number) => {
    expect(image.every((value) => value === 0)).toBe(true);
    return Promise.resolve(new Float32Array((4 * height * width) / 64).fill(0.5));
  },
};

test('others are told nothing', async () => {
  expect(await blankConditioning({ ...networks, unetChannels: 4 }, 8, 6)).toBeNull();
});

test('inpainting models paint everything, over grey', async () => {
  const told = await blankConditioning({ ...networks, unetChannels: 9 }, 8, 6);
  expect(told).toEqual(Float32Array.from({ length: 5 * 48 }, (_, i) => (i < 48 ? 1 : 0.5)));
});

test('InstructPix2Pix models cannot do without one', async () => {
  await expect(blankConditioning({ ...networks, unetChannels: 8 }, 8, 6)).rejects.toThrow(
    'Use it in img2img.',
  );
});
