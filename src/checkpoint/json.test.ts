import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, parseJson, type JsonValue } from './json.ts';

/** The same value the way JSON.parse builds it; numbers that are no exact integers become NaN. */
function plain(value: JsonValue): unknown {
  if (value instanceof Map) return [...value].map(([key, item]) => [key, plain(item)]);
  return Array.isArray(value) ? value.map(plain) : value;
}

function plainFromParse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainFromParse);
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : NaN;
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, item]) => [key, plainFromParse(item)]);
}

/** JavaScript sorts keys that look like array indices. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : value;

describe('parseJson', () => {
  it('agrees with JSON.parse on any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(0, 1), (text, indent) => {
        // Integral floats such as 1e21 are written as integers here only when JSON.stringify does so.
        const pretty = JSON.stringify(JSON.parse(text), null, indent);
        if (/\d[.eE]/.test(pretty)) return;
        expect(sorted(plain(parseJson(pretty)))).toEqual(sorted(plainFromParse(JSON.parse(pretty))));
      }),
    );
  });

  it('reads or refuses any text like JSON.parse does, but for what is stricter', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-',
      '0',
      '.5',
      'true',
      'null',
      ' ',
      '\\',
      'e3',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        let wanted = true;
        try {
          JSON.parse(text);
        } catch {
          wanted = false;
        }
        let got = true;
        try {
          parseJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
          if ((error as Error).message.includes('twice')) return;
          got = false;
        }
        expect(got, text).toBe(wanted);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps names that JavaScript objects would swallow', () => {
    const value = parseJson('{"__proto__": 1, "constructor": {"toString": 2}, "": [3]}');
    expect(plain(value)).toEqual([
      ['__proto__', 1],
      ['constructor', [['toString', 2]]],
      ['', [3]],
    ]);
  });

  it.each([
    ['a name twice', '{"a": 1, "a": 2}'],
    ['a name twice, spelled differently', '{"a": 1, "\\u0061": 2}'],
    ['depth', '['.repeat(60000)],
    ['half a character', '"\\ud800"'],
    ['a control character', '"\n"'],
    ['something after', '{} {}'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(() => parseJson(text)).toThrow(JsonError);
  });

  it.each(['1.5', '1.0', '1e2', '-0', '9007199254740993', '1e999'])(
    'takes %s for no exact integer',
    (text) => {
      expect(parseJson(text)).toBeNaN();
    },
  );
});
