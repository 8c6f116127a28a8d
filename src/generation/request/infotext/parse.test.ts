import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitPairs } from './pairs.ts';
import { hasParameters, parseInfotext } from './parse.ts';
import { pythonText, quote, unquote } from './quote.ts';

const LINE = 'Steps: 20, Sampler: Euler, CFG scale: 7';
/** Text of the characters that mean something here. */
const tricky = fc.string({
  maxLength: 80,
  size: 'max',
  unit: fc.constantFrom(
    '"',
    '\\',
    ',',
    ':',
    ' ',
    '\n',
    'a',
    'B',
    '-',
    '/',
    '_',
    'x',
    '5',
    '猫',
    '\u{20000}',
    '\ud800',
    '(',
    '[',
  ),
});

/** A1111's expression, as far as JavaScript's own can say it: the yardstick for the linear scanner. */
function splitByExpression(line: string): [string, string][] {
  const expression = /\s*([\p{L}\p{N}_][\p{L}\p{N}_ \-/]+):\s*("(?:\\[^\n]|[^\\"])+"|[^,]*)(?:,|$)/gu;
  return [...line.matchAll(expression)].map((match) => [match[1]!, match[2]!]);
}

describe('splitPairs', () => {
  test('takes an object as one value where a field is one; A1111 tears it apart', () => {
    const object = '{"Method": "a, b: {", "Region": {"x": 0.5}}';
    expect(splitPairs(`Steps: 4, Tiled Diffusion: ${object}, Size: 8x8`)).toEqual([
      ['Steps', '4'],
      ['Tiled Diffusion', object],
      ['Size', '8x8'],
    ]);
    expect(splitPairs('Hashes: {"model": "a", "lora:x": "b"}').map(([key]) => key)).toEqual([
      'Hashes',
      'lora',
    ]);
    // What only begins like one is what it was.
    expect(splitPairs('Tiled Diffusion: {"a": 1, Steps: 4')).toEqual([
      ['Tiled Diffusion', '{"a": 1'],
      ['Steps', '4'],
    ]);
  });

  test("is A1111's regular expression", () => {
    fc.assert(
      fc.property(tricky, (line) => {
        expect(splitPairs(line)).toEqual(splitByExpression(line));
      }),
      { numRuns: 3000 },
    );
  });

  test.each(['a', ' ', 'a b', 'ab:"', 'ab:"\\",', '\\', '"', ',', ':', 'ab:,'])(
    'a long run of %j is read',
    (unit) => {
      // The expression itself takes quadratic time for some of these, which at this length is minutes.
      expect(splitPairs(unit.repeat(400_000)).length).toBeLessThanOrEqual(400_000);
    },
  );
});

describe('parseInfotext', () => {
  test('reads any text', () => {
    const texts = fc.oneof(
      tricky,
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(tricky, { maxLength: 5 }).map((parts) => [...parts, LINE].join('\n')),
      tricky.map(
        (value) => `${LINE}, First pass size: 0x0, Size: 0x0, Version: ${value}, Hires prompt: ${value}`,
      ),
    );
    fc.assert(
      fc.property(texts, fc.boolean(), (text, oldHiresSize) => {
        const parsed = parseInfotext(text, { oldHiresSize });
        expect(typeof parsed['Prompt']).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });

  test('any value comes back from between its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = `a\n${LINE}, Note: ${quote(`,${value}`)}, Last: 1`;
        expect(parseInfotext(text)).toMatchObject({ Note: `,${value}`, Last: '1' });
      }),
    );
  });

  test('keys that objects have of their own are ordinary ones here', () => {
    const parsed = parseInfotext('a\n__proto__: 1, constructor: 2, toString: 3, hasOwnProperty: 4x5');
    expect(Object.entries(parsed)).toEqual(
      expect.arrayContaining([
        ['__proto__', '1'],
        ['constructor', '2'],
        ['toString', '3'],
        ['hasOwnProperty-1', '4'],
      ]),
    );
    expect(Object.getPrototypeOf(parsed)).toBeNull();
  });

  test('parameters begin with three pairs', () => {
    expect(hasParameters(`a\n${LINE}`)).toBe(true);
    expect(hasParameters('a\nSteps: 20, Sampler: Euler')).toBe(false);
  });
});

describe('quote', () => {
  test('unquote undoes it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const quoted = quote(text);
        // A text that needs no quotes and stands in some already is the one that does not come back; A1111's neither.
        if (quoted !== text || !text.startsWith('"')) expect(unquote(quoted)).toBe(text);
      }),
    );
  });
});

describe('pythonText', () => {
  test.each([
    [7, '7'],
    [7.5, '7.5'],
    [0.1, '0.1'],
    [1e-4, '0.0001'],
    [1e-5, '1e-05'],
    [-2.5e-7, '-2.5e-07'],
    [1.5e300, BigInt(1.5e300).toString()],
    [2 ** 53, '9007199254740992'],
    [true, 'True'],
    ['7.0', '7.0'],
    [Infinity, 'inf'],
  ])('%s', (value, text) => expect(pythonText(value)).toBe(text));
});
