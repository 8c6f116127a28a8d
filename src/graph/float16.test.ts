import { describe, expect, it } from 'vitest';
import { float16Bits } from './float16.ts';

/** The value of half precision bits, by the definition of the format. */
function valueOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('float16Bits', () => {
  it('keeps every half precision number', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = valueOf(bits);
      if (Number.isNaN(value)) expect(valueOf(float16Bits(value))).toBeNaN();
      else if (float16Bits(value) !== bits) expect.fail(`${value}: ${float16Bits(value)} instead of ${bits}`);
    }
  });

  it('rounds what lies between two of them to the nearer, and ties to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const middle = (valueOf(bits) + valueOf(bits + 1)) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (float16Bits(middle) !== even) expect.fail(`the middle after ${bits} gave ${float16Bits(middle)}`);
      if (float16Bits(-middle) !== (even | 0x8000)) expect.fail(`the negative middle after ${bits}`);
      if (float16Bits(middle * (1 + 2 ** -20)) !== bits + 1) expect.fail(`above the middle after ${bits}`);
      if (float16Bits(middle * (1 - 2 ** -20)) !== bits) expect.fail(`below the middle after ${bits}`);
    }
  });

  it('goes to infinity beyond the largest half', () => {
    expect(float16Bits(65519)).toBe(0x7bff);
    expect(float16Bits(65520)).toBe(0x7c00);
    expect(float16Bits(-1e9)).toBe(0xfc00);
  });
});
