// Within one unit in the last place of the exact functions. That the bits are torch's is seen in the schedules.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp32, linspace32, log32, pow32 } from './float32-math.ts';

const unit = 2 ** -23;
const float = (min: number, max: number): fc.Arbitrary<number> =>
  fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true });

describe('float32 functions', () => {
  it('exp32', () => {
    fc.assert(fc.property(float(-20, 20), (x) => Math.abs(exp32(x) / Math.exp(x) - 1) <= unit));
  });
  it('log32', () => {
    fc.assert(
      fc.property(float(1e-4, 5000), (x) => {
        const error = Math.abs(log32(x) - Math.log(x));
        expect(error).toBeLessThanOrEqual(unit * Math.abs(Math.log(x)) + 1e-12);
      }),
    );
  });
  it('pow32, in vectors and one by one', () => {
    fc.assert(
      fc.property(
        fc.array(float(0.2, 4), { minLength: 1, maxLength: 40 }),
        float(0.5, 9),
        (values, exponent) => {
          pow32(values, exponent).forEach((value, i) => {
            expect(Math.abs(value / values[i]! ** Math.fround(exponent) - 1)).toBeLessThanOrEqual(unit);
          });
        },
      ),
    );
  });
  it('linspace32 reaches both ends', () => {
    for (const n of [1, 2, 3, 16, 17, 150]) {
      const values = linspace32(999, 0, n);
      expect(values).toHaveLength(n);
      expect(values[0]).toBe(999);
      if (n > 1) expect(Math.abs(values[n - 1]!)).toBeLessThan(1e-4);
    }
  });
});
