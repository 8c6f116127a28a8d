// Emphasis: what goes beyond A1111 (curly braces), and its documented examples.
import { describe, expect, it } from 'vitest';
import { parseAttention } from './attention.ts';

function pieces(text: string, curlyBraces = false): [string, number][] {
  return parseAttention(text, { curlyBraces }).map((piece) => [piece.text, piece.weight]);
}

describe('parseAttention', () => {
  it('multiplies nested weights', () => {
    const expected: [string, number][] = [
      ['a ', 1],
      ['house', 1.5730000000000004],
      [' ', 1.1],
      ['on', 1],
      [' a ', 1.1],
      ['hill', 0.55],
      [', sun, ', 1.1],
      ['sky', 1.4641000000000006],
      ['.', 1.1],
    ];
    expect(pieces('a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).')).toEqual(expected);
  });

  it('takes curly braces as text, as A1111 does', () => {
    expect(pieces('a {{bird}}')).toEqual([['a {{bird}}', 1]]);
    expect(pieces('{')).toEqual([['{', 1]]);
    expect(pieces('({)}')).toEqual([
      ['{', 1.1],
      ['}', 1],
    ]);
  });

  it('lowers emphasis by curly braces when asked to', () => {
    const step = 1 / 1.1;
    expect(pieces('a {{bird}} {tree', true)).toEqual([
      ['a ', 1],
      ['bird', step * step],
      [' ', 1],
      ['tree', step],
    ]);
    expect(pieces('({x})', true)).toEqual([['x', step * 1.1]]);
    expect(pieces('\\{x\\} }', true)).toEqual([['{x} }', 1]]);
  });

  it('reads weights in the digits of any script', () => {
    expect(pieces('(a:١.٥)')).toEqual([['a', 1.5]]);
  });

  it('reads a hundred thousand nested brackets', () => {
    expect(pieces(`${'('.repeat(100_000)}a${')'.repeat(100_000)}`)).toHaveLength(1);
    expect(pieces('[('.repeat(100_000))).toEqual([['', 1]]);
  });
});
