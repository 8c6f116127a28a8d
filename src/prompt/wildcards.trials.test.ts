// Wildcards that people write (tests/trials, area "wildcards"), against all texts that Dynamic Prompts gives for them, and
// lists made to break the page (chaos/).
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chaosFiles, readTrial, trials } from '../../tests/trials-dir.ts';
import { MersenneTwister } from '../sampling/random/mersenne-twister.ts';
import { decodeText } from '../text-files/decode.ts';
import { PromptTooLongError } from './length.ts';
import { WildcardError, WildcardLists } from './wildcard-lists.ts';
import { ExpansionBudget, expandWildcards } from './wildcards.ts';

/** As many as the original was asked for. */
const DRAWS = 300;

const twister = new MersenneTwister(1);
const random = () => twister.nextUint32() / 2 ** 32;

const cases = trials<{ readonly results: readonly string[] }>('wildcards');

describe.skipIf(cases.length === 0)('wildcards (the folder has no cases: skipped)', () => {
  it.each(cases)('$id: $prompt', ({ prompt = '', lists = {}, expected }) => {
    const texts = Object.entries(lists).map(([file, text]) => [file.replace(/\.txt$/, ''), text] as const);
    const options = { lists: new WildcardLists(new Map(texts)), random };
    const drawn = Array.from({ length: DRAWS }, () => expandWildcards(prompt, options).text);
    expect([...new Set(drawn)].sort()).toEqual([...expected.results].sort());
  });
});

const chaos = chaosFiles('wildcard list');

describe.skipIf(chaos.length === 0)('hostile lists (the folder has no files: skipped)', () => {
  it.each(chaos)('$file: $expect', ({ file, as }) => {
    const name = /"(.+)"/.exec(as)?.[1] ?? 'a';
    const lists = new WildcardLists(new Map([[name, decodeText(readTrial(join('chaos', file)))]]));
    const options = { lists, random, budget: new ExpansionBudget() };
    let refusal: unknown;
    try {
      for (let i = 0; i < 10; i++) expandWildcards(`__${name}__`.repeat(200), options);
    } catch (error) {
      refusal = error;
    }
    const told = refusal instanceof PromptTooLongError || refusal instanceof WildcardError;
    expect(refusal === undefined || told).toBe(true);
  });
});
