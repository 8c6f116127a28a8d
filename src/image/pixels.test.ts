import { describe, expect, test } from 'vitest';
import { ImageError } from './errors.ts';
import { SD1 } from '../families/sd1.ts';
import { SDXL } from '../families/sdxl.ts';
import { latentPreview } from './latent-preview.ts';
import { pixelsToVaeInput, vaeOutputToPixels } from './pixels.ts';

describe('vaeOutputToPixels', () => {
  test('clamps and truncates, channel by channel', () => {
    const red = [-1, 1, -3];
    const green = [0, 0.999, 7];
    const blue = [-0.999, 0.5, NaN];
    const { data, channels } = vaeOutputToPixels([...red, ...green, ...blue], 3, 1);
    // 0.5 * 255 = 127.5; 0.9995 * 255 = 254.87; 0.0005 * 255 = 0.13; 0.75 * 255 = 191.25.
    expect([...data]).toEqual([0, 127, 0, 255, 254, 191, 0, 255, 0]);
    expect(channels).toBe(3);
  });

  test('with alpha', () => {
    expect([...vaeOutputToPixels([1, -1, -1], 1, 1, 4).data]).toEqual([255, 0, 0, 255]);
  });

  test('every byte comes back from the encoder side', () => {
    const data = new Uint8Array(256 * 3).map((_, i) => Math.floor(i / 3));
    const x = pixelsToVaeInput({ width: 256, height: 1, channels: 3, data });
    expect([x[0], x[255]]).toEqual([-1, 1]);
    const back = vaeOutputToPixels(x, 256, 1).data;
    // Truncation may lose what rounding would keep; never more than one.
    back.forEach((value, i) => expect(data[i]! - value === 0 || data[i]! - value === 1).toBe(true));
  });

  test('numbers that do not fit the size are refused', () => {
    expect(() => vaeOutputToPixels([0, 0], 1, 1)).toThrow(ImageError);
    expect(() => pixelsToVaeInput({ width: 2, height: 1, channels: 3, data: new Uint8Array(3) })).toThrow(
      ImageError,
    );
  });
});

describe('latentPreview', () => {
  test('is a linear map of the four channels', () => {
    // Each point has one channel at 1: 0.5 + coefficient / 2, times 255, truncated.
    const latent = [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0];
    const points = latentPreview(latent, 6, 1, SD1.latent.preview);
    expect([...points.subarray(0, 4)]).toEqual([165, 153, 154, 255]);
    expect([...points.subarray(4, 8)]).toEqual([151, 163, 149, 255]);
    expect([...points.subarray(8, 12)]).toEqual([107, 151, 161, 255]);
    expect([...points.subarray(12, 16)]).toEqual([104, 92, 67, 255]);
    expect([...points.subarray(16, 20)]).toEqual([127, 127, 127, 255]);
  });

  test('clamps, and has its own map for SDXL', () => {
    expect([...latentPreview([9, 0, 0, 0], 1, 1, SDXL.latent.preview)]).toEqual([255, 255, 255, 255]);
    expect([...latentPreview([0, 1, 0, 0], 1, 1, SDXL.latent.preview)]).toEqual([102, 123, 130, 255]);
  });

  test('refuses another number of channels', () =>
    expect(() => latentPreview([0, 0, 0], 1, 1, SD1.latent.preview)).toThrow(ImageError));
});
