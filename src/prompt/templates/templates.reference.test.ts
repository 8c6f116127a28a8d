// Templates against all prompts that Dynamic Prompts makes of them (tests/reference/extensions/dynamic-prompts.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { collectionOfYaml } from './yaml.ts';
import { Prompts, type TemplateOptions } from './expand.ts';
import { WildcardLists, type ListOptions } from './lists.ts';
import type { Method } from './nodes.ts';
import { DEFAULT_SYNTAX } from './parse.ts';

const FILE = 'dynamic-prompts.json';

interface Raised {
  readonly error: string;
}
/** Drawn without a seed. */
interface Unseeded {
  readonly count: number;
  readonly each_one_of: readonly string[];
}
type Made = readonly string[] | Raised | Unseeded;

interface Golden {
  readonly wildcard_files: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly template: string;
    readonly random_by_seed: Readonly<Record<string, Made>>;
    readonly random_stream: Made;
    readonly combinatorial: Made;
    readonly cyclical: Made;
  }[];
  readonly batched_combinatorial: {
    readonly template: string;
    readonly batches: number;
    readonly max: number;
    readonly result: readonly string[];
  };
  readonly ignore_whitespace: {
    readonly template: string;
    readonly seed: number;
    readonly result: readonly string[];
  };
  readonly other_syntax: {
    readonly variant_start: string;
    readonly variant_end: string;
    readonly wildcard_wrap: string;
    readonly template: string;
    readonly seed: number;
    readonly result: readonly string[];
  };
  readonly no_dedup_no_sort: {
    readonly template: string;
    readonly by_seed: Readonly<Record<string, readonly string[]>>;
  };
  readonly wildcards: {
    readonly names: readonly string[];
    readonly values: Readonly<Record<string, readonly string[]>>;
  };
}

const there = listReference('extensions').includes(FILE);
const golden = there ? readReferenceJson<Golden>('extensions', FILE) : null;

/** As many as the original was asked for. */
const MAX_COMBINATIONS = 40;

function listsOf(options: ListOptions = {}): WildcardLists {
  const texts = Object.entries(golden?.wildcard_files ?? {}).map(([file, text]): [string, string] =>
    file.endsWith('.yaml')
      ? [file.replace(/yaml$/, 'json'), collectionOfYaml(file, text)]
      : [file.replace(/\.txt$/, ''), text],
  );
  return new WildcardLists(new Map(texts), options);
}

const lists = there ? listsOf() : new WildcardLists(new Map());

/** `seeds`: one for each prompt, or one for the first; null where they are not known. */
function made(
  template: string,
  method: Method,
  seeds: readonly (bigint | null)[],
  options: TemplateOptions = { lists },
): string[] {
  const prompts = new Prompts(template, method, options);
  const all: string[] = [];
  for (const seed of seeds) {
    if (seed !== null) prompts.seed(seed);
    const prompt = prompts.next();
    if (prompt === null) break;
    all.push(prompt);
  }
  return all;
}

const none = (count: number) => Array.from({ length: count }, () => null);
const from = (seed: string, count: number) =>
  Array.from({ length: count }, (_, i) => BigInt(seed) + BigInt(i));

function compare(expected: Made, make: (count: number) => string[]): void {
  if ('error' in expected) {
    // Without a template there is no prompt, at which the original stops.
    if (expected.error.startsWith('StopIteration')) expect(make(1)).toEqual([]);
    else expect(() => make(1)).toThrow(Error);
  } else if ('each_one_of' in expected) {
    const prompts = make(MAX_COMBINATIONS);
    expect(prompts).toHaveLength(expected.count);
    for (const prompt of prompts) expect(expected.each_one_of).toContain(prompt);
  } else expect(make(expected.length)).toEqual(expected);
}

describe.skipIf(!there)(`templates (${FILE} is not there: skipped)`, () => {
  it.each(golden?.cases ?? [])('$template', (one) => {
    const { template } = one;
    for (const [seed, expected] of Object.entries(one.random_by_seed)) {
      compare(expected, (count) => made(template, 'random', from(seed, count)));
    }
    const [seed] = Object.keys(one.random_by_seed);
    const running = (count: number) => [BigInt(seed!), ...none(count - 1)].slice(0, count);
    compare(one.random_stream, (count) => made(template, 'random', running(count)));
    compare(one.combinatorial, () => made(template, 'combinatorial', none(MAX_COMBINATIONS)));
    compare(one.cyclical, (count) => made(template, 'cyclical', running(count)));
  });

  it('in several rounds of all combinations', () => {
    const { template, batches, max, result } = golden!.batched_combinatorial;
    const rounds = Array.from({ length: batches }, () => made(template, 'combinatorial', none(max)));
    expect(rounds.flat()).toEqual(result);
  });

  it('without regard to blanks', () => {
    const { template, seed, result } = golden!.ignore_whitespace;
    const options = { lists, ignoreWhitespace: true };
    expect(made(template, 'random', from(String(seed), result.length), options)).toEqual(result);
  });

  it('in another syntax', () => {
    const { template, seed, result, variant_start, variant_end, wildcard_wrap } = golden!.other_syntax;
    const syntax = {
      ...DEFAULT_SYNTAX,
      variantStart: variant_start,
      variantEnd: variant_end,
      wildcardWrap: wildcard_wrap,
    };
    const seeds = from(String(seed), result.length);
    expect(made(template, 'random', seeds, { lists, syntax })).toEqual(result);
  });

  it('with lists as they are', () => {
    const { template, by_seed } = golden!.no_dedup_no_sort;
    const options = { lists: listsOf({ keepDuplicates: true, keepOrder: true }) };
    for (const [seed, expected] of Object.entries(by_seed)) {
      expect(made(template, 'random', from(seed, expected.length), options)).toEqual(expected);
    }
  });

  it('finds the same lists by their names', () => {
    const { names, values } = golden!.wildcards;
    expect(lists.names()).toEqual(names);
    for (const [name, texts] of Object.entries(values)) {
      expect(lists.find(name).all.map(({ text }) => text)).toEqual(texts);
    }
  });
});
