import { expect, it } from 'vitest';
import { isOfRatio, RATIOS, sizeOfRatio } from './aspect-ratio.ts';
import { RANGES } from './choices.ts';

it.each(RATIOS)('$across:$down has about as many pixels, and is found again', (ratio) => {
  for (const size of [
    { width: 512, height: 512 },
    { width: 1216, height: 832 },
    { width: 640, height: 360 },
  ]) {
    const made = sizeOfRatio(size, ratio);
    expect([made.width % RANGES.width.step, made.height % RANGES.height.step]).toEqual([0, 0]);
    const pixels = (made.width * made.height) / (size.width * size.height);
    expect(Math.abs(pixels - 1)).toBeLessThan(0.05);
    expect(isOfRatio(made, ratio)).toBe(true);
  }
});

it('stays within what can be set', () => {
  const largest = { width: RANGES.width.max, height: RANGES.height.max };
  expect(sizeOfRatio(largest, { across: 21, down: 9 }).width).toBe(RANGES.width.max);
  const least = { width: RANGES.width.min, height: RANGES.height.min };
  expect(sizeOfRatio(least, { across: 9, down: 16 })).toEqual({ width: RANGES.width.min, height: 88 });
});

it('tells ratios apart', () => {
  expect(RATIOS.filter((ratio) => isOfRatio({ width: 512, height: 512 }, ratio))).toEqual([
    { across: 1, down: 1 },
  ]);
});
