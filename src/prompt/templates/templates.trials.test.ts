// Wildcards that people write (tests/trials, area "wildcards"), against all texts that Dynamic Prompts gives for them, and
// lists made to break the page (chaos/).
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chaosFiles, readTrial, trials } from '../../../tests/trials-dir.ts';
import { decodeText } from '../../text-files/decode.ts';
import { PromptTooLongError } from '../length.ts';
import { ExpansionBudget } from './budget.ts';
import { WildcardError } from './errors.ts';
import { Prompts } from './expand.ts';
import { WildcardLists } from './lists.ts';

/** As many as the original was asked for. */
const DRAWS = 300;

const cases = trials<{ readonly results: readonly string[] }>('wildcards');

describe.skipIf(cases.length === 0)('wildcards (the folder has no cases: skipped)', () => {
  it.each(cases)('$id: $prompt', ({ prompt = '', lists = {}, expected }) => {
    const texts = Object.entries(lists).map(([file, text]) => [file.replace(/\.txt$/, ''), text] as const);
    const prompts = new Prompts(prompt, 'random', { lists: new WildcardLists(new Map(texts)) });
    prompts.seed(1);
    const drawn = Array.from({ length: DRAWS }, () => prompts.next());
    expect([...new Set(drawn)].sort()).toEqual([...expected.results].sort());
  });
});

const chaos = chaosFiles('wildcard list');

describe.skipIf(chaos.length === 0)('hostile lists (the folder has no files: skipped)', () => {
  it.each(chaos)('$file: $expect', ({ file, as }) => {
    const name = /"(.+)"/.exec(as)?.[1] ?? 'a';
    const lists = new WildcardLists(new Map([[name, decodeText(readTrial(join('chaos', file)))]]));
    const options = { lists, budget: new ExpansionBudget() };
    let refusal: unknown;
    try {
      for (let i = 0; i < 10; i++) new Prompts(`__${name}__`.repeat(200), 'random', options).next();
    } catch (error) {
      refusal = error;
    }
    const told = refusal instanceof PromptTooLongError || refusal instanceof WildcardError;
    expect(refusal === undefined || told).toBe(true);
  });
});
