// Python's generator against values that it gave (tests/reference/extensions/dynamic-prompts.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { PythonRandom } from './python-random.ts';

const FILE = 'dynamic-prompts.json';

interface Values {
  readonly random: readonly number[];
  readonly getrandbits32: readonly number[];
  readonly randint_1_6: readonly number[];
  readonly 'choices_abc_weights_3_1_0.5': readonly string[];
}

const there = listReference('extensions').includes(FILE);
const seeds = there
  ? Object.entries(
      readReferenceJson<{ readonly python_random: { readonly by_seed: Readonly<Record<string, Values>> } }>(
        'extensions',
        FILE,
      ).python_random.by_seed,
    )
  : [];

describe.skipIf(!there)(`Python's random (${FILE} is not there: skipped)`, () => {
  it.each(seeds)('seed %s', (seed, values) => {
    const fresh = () => new PythonRandom(BigInt(seed));
    const many = <T>(like: readonly unknown[], draw: (random: PythonRandom) => T): T[] => {
      const random = fresh();
      return like.map(() => draw(random));
    };
    // The first two were drawn after the same seed each.
    const [first, ...rest] = values.random;
    expect(fresh().random()).toBe(first);
    expect(many(rest, (random) => random.random())).toEqual(rest);
    expect(many(values.getrandbits32, (random) => random.bits(32))).toEqual(values.getrandbits32);
    expect(many(values.randint_1_6, (random) => random.randint(1, 6))).toEqual(values.randint_1_6);
    const drawn = values['choices_abc_weights_3_1_0.5'];
    expect(many(drawn, (random) => 'abc'[random.weighted([3, 4, 4.5])])).toEqual(drawn);
  });

  it('draws anew after a seed', () => {
    const random = new PythonRandom(1);
    const first = random.random();
    random.seed(-1);
    expect(random.random()).toBe(first);
  });
});
