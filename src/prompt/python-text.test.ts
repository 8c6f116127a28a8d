import { describe, expect, it } from 'vitest';
import { findWord, parseFloatPython, strip } from './python-text.ts';

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
});

it('finds words that stand alone', () => {
  expect(findWord('AND a AND, bAND ANDc éAND AND', 'AND')).toEqual([0, 6, 26]);
  expect(findWord('𝒜AND AND𝒜 ANDAND', 'AND')).toEqual([]);
});

it("strips Python's whitespace", () => {
  expect(strip('\x1c\u3000 a\ufeff\x85\n')).toBe('a\ufeff');
});
