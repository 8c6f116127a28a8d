import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nameFilter } from './discard.ts';
import { mergedName } from './file-name.ts';
import { pythonJson, pythonNumber, roundTo2 } from './python-json.ts';

it("reads Python's regular expressions", () => {
  const found = (expression: string, name: string) => nameFilter(expression)(name);
  expect(found('', 'anything')).toBe(false);
  expect(found('^model_ema\\.|position_ids', 'model_ema.decay')).toBe(true);
  expect(found('^model_ema\\.|position_ids', 'model.model_ema.decay')).toBe(false);
  expect(found('(?i)VAE', 'my.vae')).toBe(true);
  expect(found('\\Aa\\Z', 'a')).toBe(true);
  expect(found('\\Aa\\Z', 'ba')).toBe(false);
  expect(found('\\\\A', '\\A')).toBe(true);
  expect(found('(?P<block>in|out)_(?P=block)', 'in_in')).toBe(true);
  expect(found('(?P<block>in|out)_(?P=block)', 'in_out')).toBe(false);
});

it('says what is wrong with an expression', () => {
  expect(() => nameFilter('a(')).toThrow(/is not a regular expression/);
  expect(() => nameFilter('(?x) a b')).toThrow(/flag "x"/);
});

it('rounds and writes numbers as Python does', () => {
  // python3 -c 'print([round(x, 2) for x in (.005, .015, .125, .375, .625, 1.005, 2.675, 1 - .3, .999, -.125)])'
  const values = [0.005, 0.015, 0.125, 0.375, 0.625, 1.005, 2.675, 1 - 0.3, 0.999, -0.125];
  expect(values.map(roundTo2)).toEqual([0.01, 0.01, 0.12, 0.38, 0.62, 1.0, 2.67, 0.7, 1, -0.12]);
  const texts = [1, 0.1, 1e-5, 1.5e-7, 1e16, 123456789.5, -0].map((value) => pythonNumber(value, false));
  expect(texts).toEqual(['1.0', '0.1', '1e-05', '1.5e-07', '1e+16', '123456789.5', '-0.0']);
});

it('writes JSON as Python does', () => {
  const value = { a: [1, 0.5, null, true], 'é"\n\u{1f600}\u007f': {} };
  expect(pythonJson(value)).toBe('{"a": [1, 0.5, null, true], "\\u00e9\\"\\n\\ud83d\\ude00\\u007f": {}}');
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (json) => {
      expect(JSON.parse(pythonJson(json as never))).toEqual(JSON.parse(JSON.stringify(json)));
    }),
  );
});

it('makes names that a file may have', () => {
  const [a, b] = [{ name: 'x/y' }, { name: 'b' }];
  const settings = { method: 'Weighted sum', multiplier: 0.999 } as const;
  expect(mergedName({ a, b, c: null }, settings, '', [])).toBe('0.0(x_y) + 1.0(b)');
  expect(mergedName({ a, b, c: null }, settings, 'own: name', ['inpainting'])).toBe('own_ name.inpainting');
});
