import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { expandRequest } from './expand-request.ts';
import { parseExtraNetworks } from './extra-networks-choice.ts';
import { requestOf } from './request.ts';

const request = { ...DEFAULT_PARAMETERS, prompt: 'a __colour__ {cat|dog}', seed: 1000 };
const lists = [{ name: 'colour', text: '# of things\nred\n\nblue\r\ngreen' }];
const never = () => {
  throw new Error('The seed is known.');
};
const draw = async (changes: Partial<typeof request> = {}) =>
  (await expandRequest({ ...request, subseed: 5, ...changes }, lists, never)).requests;

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

  it('counts the variation seed up while varying', async () => {
    const requests = await draw({ batchSize: 2, subseedStrength: 0.1 });
    expect(requests.map(({ seed, subseed }) => [seed, subseed])).toEqual([
      [1000, 5],
      [1000, 6],
    ]);
  });

  it('settles a random seed, since the prompts hang on it', async () => {
    const { requests } = await expandRequest({ ...request, seed: -1, batchSize: 2 }, lists, () => 77);
    expect(requests.map(({ seed }) => seed)).toEqual([77, 78]);
  });

  it('leaves a request without wildcards as it came', async () => {
    const plain = { ...request, prompt: 'a cat # __x__', seed: -1, batchSize: 2 };
    expect(await expandRequest(plain, lists, () => 1)).toEqual({ requests: [plain], missing: [] });
  });

  it('names lists that are not there', async () => {
    const { requests, missing } = await expandRequest(
      { ...request, prompt: '__shape__, {a|a}' },
      lists,
      () => 1,
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
    const asked = expandRequest(
      { ...request, subseed: 5, prompt: '__a__', batchSize: 8, batchCount: 100 },
      long,
      never,
    );
    await expect(asked).rejects.toThrow('too much text');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
