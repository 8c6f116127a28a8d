// Windows around pixels, beside what they say they are.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { largestIn, meanAround, type Beyond } from './windows.ts';

const planes = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([channels, height, width]) =>
    fc
      .array(fc.integer({ min: -64, max: 64 }), {
        minLength: channels * height * width,
        maxLength: channels * height * width,
      })
      .map((values) => ({ data: Float32Array.from(values), channels, height, width })),
  );

it('the mean is that of all pixels of the window, wherever they are taken from', () => {
  const places: Record<Beyond, (at: number, length: number) => number> = {
    edge: (at, length) => Math.max(0, Math.min(length - 1, at)),
    mirrored(at, length) {
      let place = at;
      while (length > 1 && (place < 0 || place >= length))
        place = place < 0 ? -place : 2 * (length - 1) - place;
      return length > 1 ? place : 0;
    },
  };
  fc.assert(
    fc.property(
      planes,
      fc.integer({ min: 0, max: 12 }),
      fc.constantFrom<Beyond>('edge', 'mirrored'),
      (one, reach, beyond) => {
        const { channels, height, width } = one;
        const { data } = meanAround(one, reach, beyond);
        const place = places[beyond];
        for (let i = 0; i < channels * height * width; i++) {
          const [x, y, first] = [i % width, Math.floor(i / width) % height, i - (i % (height * width))];
          let sum = 0;
          for (let v = y - reach; v <= y + reach; v++)
            for (let u = x - reach; u <= x + reach; u++)
              sum += one.data[first + place(v, height) * width + place(u, width)]!;
          expect(data[i]).toBeCloseTo(sum / (2 * reach + 1) ** 2, 3);
        }
      },
    ),
    { numRuns: 50 },
  );
});

it('the largest value is that of the pixels that are there', () => {
  const data = Float32Array.from([-3, -1, -2, -9, -5, -4]);
  const { data: found, height, width } = largestIn({ data, channels: 1, height: 2, width: 3 }, 2, 2, 1);
  expect([height, width, ...found]).toEqual([2, 2, -3, -1, -9, -4]);
});
