import { describe, expect, it, vi } from 'vitest';
import { fromGenerationParameters } from '../generation/request/parameters.ts';
import { DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { DEFAULT_DYNAMIC_PROMPTS as options, parseDynamicPrompts } from './dynamic-prompts.ts';
import { expandRequest } from './expand-request.ts';
import { parseExtraNetworks } from './extra-networks-choice.ts';
import { requestOf } from './request.ts';

const request = { ...DEFAULT_PARAMETERS, prompt: 'a __colour__ {cat|dog}', seed: 1000 };
const lists = [{ name: 'colour', text: '# of things\nred\n\nblue\r\ngreen' }];
const never = () => {
  throw new Error('The seed is known.');
};
const draw = async (changes: Partial<typeof request> = {}, how: Partial<typeof options> = {}) =>
  (
    await expandRequest(
      { ...request, subseed: 5, ...changes },
      { lists, options: { ...options, ...how }, randomSeed: never },
    )
  ).requests;

describe('requestOf', () => {
  const styles = [{ name: 'ink', prompt: 'ink of {prompt}, black', negativePrompt: 'photo' }];
  const extraNetworks = parseExtraNetworks(undefined);
  const extra = { subseed: 3, subseedStrength: 0.5, seedResizeFromWidth: 64, seedResizeFromHeight: 128 };

  it('merges the chosen styles in', () => {
    const options = { styles, chosenStyles: ['ink', 'gone'], extraNetworks, extraSeed: false };
    expect(requestOf({ ...request, prompt: ' a cat', negativePrompt: 'ugly' }, options)).toMatchObject({
      prompt: 'ink of  a cat, black',
      negativePrompt: 'ugly, photo',
    });
  });

  it('leaves prompts alone without styles', () => {
    const options = { styles, chosenStyles: [], extraNetworks, extraSeed: false };
    expect(requestOf({ ...request, prompt: ' a ' }, options).prompt).toBe(' a ');
  });

  it('takes the extra seed row only while it is open', () => {
    const options = { styles, chosenStyles: [], extraNetworks, extraSeed: true };
    expect(requestOf({ ...request, ...extra }, options)).toMatchObject(extra);
    expect(requestOf({ ...request, ...extra }, { ...options, extraSeed: false })).toEqual(request);
  });
});

describe('expandRequest', () => {
  it('gives every picture a prompt of its own, and its place in the batch', async () => {
    const requests = await draw({ batchSize: 4, batchCount: 5 });
    expect(requests.map(({ seed }) => seed)).toEqual(Array.from({ length: 20 }, (_, i) => 1000 + i));
    for (const { prompt, batchSize, batchCount } of requests) {
      expect(prompt).toMatch(/^a (red|blue|green) (cat|dog)$/);
      expect([batchSize, batchCount]).toEqual([1, 1]);
    }
    expect(new Set(requests.map(({ prompt }) => prompt)).size).toBeGreaterThan(3);
  });

  it('decides by the seed alone', async () => {
    const [, , third] = await draw({ batchCount: 3 });
    expect(await draw({ batchCount: 3 })).toEqual(await draw({ batchSize: 3, batchCount: 1 }));
    expect((await draw({ seed: 1002 }))[0]?.prompt).toBe(third?.prompt);
  });

  it('counts the variation seed up while varying, and keeps the prompt', async () => {
    const requests = await draw({ batchSize: 2, subseedStrength: 0.1 });
    expect(requests[1]?.prompt).toBe(requests[0]?.prompt);
    expect(requests.map(({ seed, subseed }) => [seed, subseed])).toEqual([
      [1000, 5],
      [1000, 6],
    ]);
  });

  it('settles a random seed, since the prompts hang on it', async () => {
    const { requests } = await expandRequest(
      { ...request, seed: -1, batchSize: 2 },
      { lists, options, randomSeed: () => 77 },
    );
    expect(requests.map(({ seed }) => seed)).toEqual([77, 78]);
  });

  it('leaves a request without wildcards as it came', async () => {
    const plain = { ...request, prompt: 'a cat # __x__', seed: -1, batchSize: 2 };
    expect(await expandRequest(plain, { lists, options, randomSeed: () => 1 })).toEqual({
      requests: [plain],
      missing: [],
      problems: [],
    });
  });

  it('draws the negative prompt by the same seed', async () => {
    for (const { prompt, negativePrompt } of await draw({
      prompt: '{a|b|c|d}',
      negativePrompt: '{a|b|c|d}',
      batchCount: 9,
    }))
      expect(negativePrompt).toBe(prompt);
  });

  it('makes all combinations, each with each negative one, and their seeds', async () => {
    const asked = { prompt: '{a|b} c', negativePrompt: '{x|y}', batchCount: 9 };
    const of = async (how: Partial<typeof options>, changes = {}) =>
      (await draw({ ...asked, ...changes }, { combinatorial: true, ...how })).map(
        ({ prompt, negativePrompt, seed }) => [prompt, negativePrompt, seed],
      );
    expect(await of({})).toEqual([
      ['a c', 'x', 1000],
      ['a c', 'y', 1001],
      ['b c', 'x', 1002],
      ['b c', 'y', 1003],
    ]);
    expect(await of({ maxGenerations: 3, combinatorialBatches: 2, fixedSeed: true })).toEqual([
      ['a c', 'x', 1000],
      ['b c', 'y', 1000],
      ['a c', 'x', 1001],
      ['b c', 'y', 1001],
    ]);
    await expect(of({}, { prompt: '__nowhere__' })).rejects.toThrow('more than 1,000 combinations');
    await expect(of({}, { prompt: '{2$$a|a}' })).rejects.toThrow('no combination');
    expect(await of({ maxGenerations: 2 }, { prompt: '__nowhere__', negativePrompt: '' })).toHaveLength(2);
  });

  it('can draw another prompt of the same seed, and keep the seed', async () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const prompts = await Promise.all(
      seeds.map(async (drawn) => {
        const how = { ...options, unlinkSeed: true, fixedSeed: true };
        const { requests } = await expandRequest(
          { ...request, subseed: 5, batchSize: 2 },
          { lists, options: how, randomSeed: () => drawn },
        );
        expect(requests.map(({ seed }) => seed)).toEqual([1000, 1000]);
        return requests[0]!.prompt;
      }),
    );
    expect(new Set(prompts).size).toBeGreaterThan(1);
  });

  it('leaves what is no template as it is, and says why', async () => {
    const broken = { ...request, prompt: 'a {cat|dog', negativePrompt: '{x|x}' };
    const { requests, problems } = await expandRequest(broken, { lists, options, randomSeed: () => 1 });
    expect(requests[0]).toMatchObject({ prompt: 'a {cat|dog', negativePrompt: 'x' });
    expect(problems).toEqual([expect.stringContaining('at character 3')]);
  });

  it('keeps the template beside the prompt where that is wanted', async () => {
    const [first] = await draw({ negativePrompt: '' }, { saveTemplate: true });
    expect(first?.template).toEqual({ prompt: request.prompt, negativePrompt: '' });
    const text = fromGenerationParameters(first!, { seed: 1000 });
    expect(text).toContain(', Template: a __colour__ {cat|dog}, ');
    expect(text).not.toContain('Negative Template');
    expect(fromGenerationParameters((await draw())[0]!, { seed: 1 })).not.toContain('Template');
  });

  it('reads its options out of anything', () => {
    expect(parseDynamicPrompts(null)).toEqual(options);
    const wrong = {
      combinatorial: 1,
      maxGenerations: -1,
      combinatorialBatches: 2.5,
      variantStart: '',
      wildcardWrap: '_ ',
    };
    expect(parseDynamicPrompts(wrong)).toEqual(options);
    const right = { ...options, combinatorial: true, maxGenerations: 7, variantStart: '<', variantEnd: '>' };
    expect(parseDynamicPrompts(right)).toEqual(right);
  });

  it('names lists that are not there', async () => {
    const { requests, missing } = await expandRequest(
      { ...request, prompt: '__shape__, {a|a}' },
      { lists, options, randomSeed: () => 1 },
    );
    expect(requests[0]?.prompt).toBe('__shape__, a');
    expect(missing).toEqual(['__shape__']);
  });

  it('keeps braces that lower emphasis', async () => {
    const settings = { ...request.settings, curlyBraces: true };
    const [first] = await draw({ prompt: '{cat} {dog}', settings });
    expect(first?.prompt).toBe('{cat} {dog}');
    expect((await draw({ prompt: '{cat}' }))[0]?.prompt).toBe('cat');
  });

  it('lets the page have its turn, and ends before there is too much', async () => {
    const long = [{ name: 'a', text: 'x'.repeat(90_000) }];
    let turns = 0;
    const timer = setInterval(() => turns++);
    // A clock by which each prompt takes long.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 100));
    const asked = expandRequest(
      { ...request, subseed: 5, prompt: '__a__', batchSize: 8, batchCount: 100 },
      { lists: long, options, randomSeed: never },
    );
    await expect(asked).rejects.toThrow('too much text');
    clock.mockRestore();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
