import { describe, expect, it } from 'vitest';
import { MAX_FIELD, parseCsv } from './csv.ts';
import { StylesError, mergeStyle, parseStylesCsv } from './styles.ts';

describe('parseCsv', () => {
  it.each([
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a\r\nb\rc\n', [['a'], ['b'], ['c']]],
    ['"a ""b""\n",c', [['a "b"\n', 'c']]],
    ['a"b",c', [['a"b"', 'c']]],
    ['"a"b",c', [['ab"', 'c']]],
    ['a,\n\n,', [['a', ''], [], ['', '']]],
    ['"open\nend', [['open\nend']]],
    ['a, "b, c" ,d', [['a', 'b, c ', 'd']]],
  ])('reads %j', (text, rows) => {
    expect(parseCsv(text)).toEqual(rows);
  });

  it('refuses a field without end', () => {
    expect(() => parseCsv(`"${'a'.repeat(MAX_FIELD + 1)}`)).toThrow('quote missing');
  });
});

describe('styles', () => {
  it.each(['<html><body>\nx', 'name\nx', 'prompt,negative_prompt\na,b'])('refuses %j', (text) => {
    expect(() => parseStylesCsv(text)).toThrow(StylesError);
  });

  it('takes the prompt literally', () => {
    expect(mergeStyle('x {prompt}', "$& $1 $'")).toBe("x $& $1 $'");
  });
});
