// AND against A1111's (tests/reference/prompts/multicond.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { splitPrompts } from './multicond.ts';

interface Multicond {
  readonly cases: readonly {
    readonly prompts: string[];
    readonly indexes_and_weights: [number, number][][];
    readonly flat_prompts: string[];
  }[];
}

const available = listReference('prompts').includes('multicond.json');

describe.skipIf(!available)('AND', () => {
  const { cases } = available ? readReferenceJson<Multicond>('prompts', 'multicond.json') : { cases: [] };

  it.each(cases)('$prompts', ({ prompts, indexes_and_weights, flat_prompts }) => {
    const { texts, parts } = splitPrompts(prompts);
    expect(texts).toEqual(flat_prompts);
    expect(parts.map((list) => list.map(({ index, weight }) => [index, weight]))).toEqual(
      indexes_and_weights,
    );
  });
});
