import { describe, expect, it } from 'vitest';
import { extensionsOf, parseExtensions, takenUp } from './extensions-choice.ts';

const A = { name: 'A', on: true, values: { strength: 0.5, soft: true, kind: 'x' } };
const B = { name: 'B', on: false, values: {} };

describe('parseExtensions', () => {
  it('takes what makes sense, and nothing else', () => {
    expect(parseExtensions([A, B])).toEqual([A, B]);
    for (const stored of [
      undefined,
      null,
      3,
      'A',
      {},
      [null, 3, {}, { name: '' }, { name: 'x'.repeat(1000) }],
    ])
      expect(parseExtensions(stored)).toEqual([]);
    expect(parseExtensions([{ name: 'A', on: 'yes', values: { a: null, b: {}, c: 1 } }])).toEqual([
      { name: 'A', on: false, values: { c: 1 } },
    ]);
  });
});

describe('takenUp', () => {
  it('switches on what a text tells of, and all others off; what is set for those stays', () => {
    const taken = takenUp([A, B], [{ name: 'B', values: { b: 1 } }]);
    expect(taken).toEqual([
      { ...A, on: false },
      { name: 'B', on: true, values: { b: 1 } },
    ]);
    expect(extensionsOf(taken)).toEqual([{ name: 'B', values: { b: 1 } }]);
  });
});
