import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson, seedOf } from './json.ts';

describe('JSON of other programs', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        // Objects here have no prototype.
        expect(
          JSON.stringify(readJson(text), (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)),
        ).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('keeps large whole numbers, and takes NaN for nothing', () => {
    expect(
      readJson(
        '[18446744073709551615, -9007199254740993, 12, 1.5e3, "NaN 123456789012345678", NaN, -Infinity]',
      ),
    ).toEqual([
      ...[18446744073709551615n, -9007199254740993n, 12, 1500, 'NaN 123456789012345678', null, null],
    ]);
  });

  it('gives nothing for what is no JSON, or too deep', () => {
    for (const text of [
      '',
      '{',
      '"',
      '"\\',
      '{"a":}',
      '[1,]',
      'Na',
      '{"a" 1}',
      '['.repeat(200) + ']'.repeat(200),
    ])
      expect(readJson(text)).toBeUndefined();
  });

  // Time that grew with the square of the text would take hours: the test would not come to its end.
  it('long texts take no more than one pass', () => {
    for (const text of [
      '"'.repeat(999_999),
      `"${'\\"'.repeat(500_000)}`,
      '1-'.repeat(500_000),
      'N'.repeat(1e6),
    ])
      expect(readJson(text)).toBeUndefined();
  });

  it('names of keys change no object', () => {
    const value = readJson('{"__proto__": {"polluted": 1}, "constructor": 2}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('seeds', () => {
    expect([5, '7 ', 2n ** 64n - 1n, 2n ** 64n, -1, 1.5, '', null].map(seedOf)).toEqual([
      '5',
      '7',
      '18446744073709551615',
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});
