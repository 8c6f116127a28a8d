import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatInPython, novelAiParameters } from './novelai.ts';

const SIZE = { width: 512, height: 768 };
const VALUES = '"steps": 28, "sampler": "k_euler_ancestral", "seed": 987, "scale": 11.0, "uc": "lowres"';
const read = (comment: string, others: Readonly<Record<string, string>> = {}): string | null =>
  novelAiParameters(
    new Map(Object.entries({ Software: 'NovelAI', Description: 'a cat', Comment: comment, ...others })),
    SIZE,
  );
const fields = (comment: string): string | undefined => read(comment)?.split('\n')[2];

describe('novelAiParameters', () => {
  it('writes what A1111 writes', () => {
    expect(read(`{${VALUES}}`)).toBe(
      'a cat\nNegative prompt: lowres\n' +
        'Steps: 28, Sampler: Euler a, CFG scale: 11.0, Seed: 987, Size: 512x768, Clip skip: 2, ENSD: 31337',
    );
  });

  it.each([
    ['k_dpmpp_2m', 'DPM++ 2M'],
    ['k_dpmpp_2s_ancestral', 'Euler a'],
    ['ddim', 'DDIM'],
    ['dpm++ 2m sde', 'DPM++ 2M SDE'],
    // The names that A1111 looks among are in small letters.
    ['K_EULER', 'Euler a'],
    // Forge's, which A1111 lacks.
    ['heunpp2', 'Euler a'],
    ['__proto__', 'Euler a'],
  ])('sampler %s is %s', (sampler, name) => {
    expect(fields(`{${VALUES}, "sampler": ${JSON.stringify(sampler)}}`)).toContain(`Sampler: ${name},`);
  });

  it('keeps numbers as Python reads and writes them', () => {
    const of = (seed: string): string | undefined =>
      /Seed: (.*?),/.exec(fields(`{${VALUES}, "seed": ${seed}}`) ?? '')?.[1];
    expect(of('18446744073709551615')).toBe('18446744073709551615');
    expect(of('-0')).toBe('0');
    expect(of('-7')).toBe('-7');
    expect(of('1e3')).toBe('1000.0');
    expect(of('5.50')).toBe('5.5');
    expect(of('null')).toBe('None');
    expect(of('true')).toBe('True');
    expect(of('"12, Model: x"')).toBe('12');
    expect(of('9'.repeat(5000))).toBeUndefined();
  });

  it('takes strings for strings, whatever is in them', () => {
    expect(read(`{${VALUES}, "uc": "1.5, \\"2\\", \\\\ 猫 \\u2028 3"}`)).toContain(
      'Negative prompt: 1.5, "2", \\ 猫 \u2028 3\n',
    );
  });

  it('is nothing where A1111 would fail, or for other programs', () => {
    expect(read(`{${VALUES}}`, { Software: 'novelai' })).toBeNull();
    for (const comment of ['', 'x', '[]', '1', 'null', '{}', '{"uc": 1}', `{${VALUES}`, `{"sampler": 01}`]) {
      expect(read(comment)).toBeNull();
    }
    for (const name of ['uc', 'steps', 'sampler', 'seed', 'scale']) {
      expect(read(`{${VALUES}}`.replace(`"${name}"`, '"other"'))).toBeNull();
    }
    // Not an own value of the object.
    expect(read(`{${VALUES.replace('"uc"', '"__proto__"')}}`)).toBeNull();
    expect(Object.hasOwn(Object.prototype, 'uc')).toBe(false);
  });

  it('takes any text without throwing', () => {
    const damaged = fc
      .tuple(fc.nat(VALUES.length + 2), fc.nat(4), fc.string({ maxLength: 4 }))
      .map(([at, length, by]) => `{${VALUES}}`.slice(0, at) + by + `{${VALUES}}`.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.json(), fc.string()), (comment) => {
        expect(() => read(comment)).not.toThrow();
      }),
      { numRuns: 3000, seed: 13 },
    );
    expect(read('['.repeat(1_000_000))).toBeNull();
    expect(read(`{${VALUES}, "deep": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toBeNull();
    expect(read(`{${VALUES}, "long": "${'a\\"'.repeat(1_000_000)}"}`)).not.toBeNull();
  });
});

it('writes floats as Python’s repr', () => {
  const cases: readonly (readonly [number, string])[] = [
    [11, '11.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [7.5, '7.5'],
    [0.1 + 0.2, '0.30000000000000004'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [9999999999999998, '9999999999999998.0'],
    [1e16, '1e+16'],
    [1.25e300, '1.25e+300'],
    [Infinity, 'inf'],
  ];
  for (const [value, text] of cases) expect(floatInPython(value)).toBe(text);
});
