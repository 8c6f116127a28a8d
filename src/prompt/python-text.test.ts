import { describe, expect, it } from 'vitest';
import { findWord, parseFloatPython, parseIntPython, strip } from './python-text.ts';

describe('parseFloatPython', () => {
  it.each([
    ['1.5', 1.5],
    [' +.5 ', 0.5],
    ['-1.', -1],
    ['1e-1', 0.1],
    ['1_0', 10],
    ['٣.٥', 3.5],
    ['inf', Infinity],
    ['-Infinity', -Infinity],
  ])('reads %j', (text, value) => {
    expect(parseFloatPython(text)).toBe(value);
  });

  it.each(['', '.', '1.2.3', 'abc', '0,8', '1__0', '_1', '0x10', '1 2', 'e5', '+'])('refuses %j', (text) => {
    expect(parseFloatPython(text)).toBeNull();
  });

  // Work that grew with the square of the text would not come to its end.
  it('refuses long texts in one pass', () => {
    expect(parseFloatPython('1'.repeat(1e6) + 'x')).toBeNull();
    expect(parseFloatPython('1_'.repeat(1e6))).toBeNull();
  });
});

describe('parseIntPython', () => {
  it.each([
    ['12', 12n],
    [' -3\n', -3n],
    ['+1_000', 1000n],
    ['٣', 3n],
    ['18446744073709551615', 2n ** 64n - 1n],
  ])('reads %j', (text, value) => {
    expect(parseIntPython(text)).toBe(value);
  });

  it.each(['', '1.5', '1__0', '_1', '0x10', '1 2', '+', '1e3', '1'.repeat(1e6)])('refuses %#', (text) => {
    expect(parseIntPython(text)).toBeNull();
  });
});

it('finds words that stand alone', () => {
  expect(findWord('AND a AND, bAND ANDc éAND AND', 'AND')).toEqual([0, 6, 26]);
  expect(findWord('𝒜AND AND𝒜 ANDAND', 'AND')).toEqual([]);
});

it("strips Python's whitespace", () => {
  expect(strip('\x1c\u3000 a\ufeff\x85\n')).toBe('a\ufeff');
});
