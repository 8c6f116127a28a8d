// What settings and the prompt language do to pictures of the tiny models, told by pictures that must come out the same another
// way. What is equal in mathematics is not in the last bits: onnxruntime sums a batch of two in another order than two of one.
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeNetworks } from '../../../tests/node-networks.ts';
import { readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel, relativeError } from '../../../tests/tiny-model.ts';
import { CondCache, encodePrompts } from '../recipes/conditioning.ts';
import type { ImageSettings } from './image-settings.ts';
import { DEFAULT_IMAGE_SETTINGS } from './settings/list.ts';
import type { Networks } from '../../runtime/networks.ts';
import type { Batch } from '../recipes/sampling-request.ts';
import { sampleTxt2Img } from '../recipes/txt2img.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from './request.ts';

const SAME = 2e-5;
const DIFFERENT = 5e-5;

const familyOf = (name: string) =>
  readReferenceJson<{ family: string }>('models', name, 'config.json').family;
/** One of each family. SDXL needs two text encoders and a vector: another issue. */
const models = ['sd1', 'sd2'].flatMap(
  (family) => tinyModels().find((name) => familyOf(name) === family) ?? [],
);

/** Two chunks long. */
const LONG = `a town ${'by the sea, '.repeat(30)}`;

type Change = Partial<Omit<GenerationParameters, 'settings'>> & {
  readonly settings?: Partial<ImageSettings>;
};

describe.skipIf(models.length === 0).each(models)('%s', (name) => {
  let networks: Networks;
  /** Of the last run: items of each call of the UNet. */
  let calls: number[] = [];
  /** ... and what each was told of the prompts. */
  let contexts: Float32Array[] = [];
  let encoded = 0;

  beforeAll(async () => {
    const { parameterization } = readReferenceJson<{ parameterization: string }>(
      'models',
      name,
      'config.json',
    );
    const real = await nodeNetworks(await loadTinyModel(name), parameterization === 'v' ? 'v' : 'epsilon');
    networks = {
      ...real,
      unet: (inputs) => {
        calls.push(inputs.batch);
        contexts.push(inputs.context);
        return real.unet(inputs);
      },
      encodeText: (...args) => {
        encoded += 1;
        return real.encodeText(...args);
      },
    };
  });

  const known = new Map<string, ReturnType<typeof sample>>();

  /** A run with a cache of its own; the same one twice is made once. */
  function run(change: Change, batch: Batch = { first: 0, size: 1 }): ReturnType<typeof sample> {
    const key = JSON.stringify([change, batch]);
    const made = known.get(key) ?? sample(change, batch, new CondCache());
    known.set(key, made);
    return made;
  }

  /** Latents after each step, and at last those of each picture apart. */
  async function sample(change: Change, batch: Batch, cache: CondCache) {
    const parameters: GenerationParameters = {
      ...DEFAULT_PARAMETERS,
      prompt: 'a cat',
      negativePrompt: 'rain',
      sampler: 'Euler',
      steps: 4,
      cfgScale: 5,
      width: 64,
      height: 72,
      seed: 11,
      subseed: 50,
      ...change,
      settings: { ...DEFAULT_IMAGE_SETTINGS, ...change.settings },
    };
    const conditions = await encodePrompts(networks, parameters, cache);
    calls = [];
    contexts = [];
    const sampling = sampleTxt2Img(networks, parameters, conditions, batch);
    const steps: Float32Array[] = [];
    for (;;) {
      const next = await sampling.next();
      if (!next.done) {
        steps.push(next.value.x);
        continue;
      }
      const size = next.value.length / batch.size;
      const images = Array.from({ length: batch.size }, (_, i) => next.value.slice(i * size, (i + 1) * size));
      return { steps, images, image: images[0]!, calls, contexts, conditions };
    }
  }

  async function expectSame(one: Change, other: Change): Promise<void> {
    expect(relativeError((await run(one)).image, (await run(other)).image)).toBeLessThan(SAME);
  }

  async function expectDifferent(one: Change, other: Change): Promise<void> {
    expect(relativeError((await run(one)).image, (await run(other)).image)).toBeGreaterThan(DIFFERENT);
  }

  describe('seeds', () => {
    it.each<[string, Change]>([
      ['noise on the way', { sampler: 'Euler a', ensd: 31337, rng: 'CPU' }],
      ['a Brownian path', { sampler: 'DPM++ SDE', steps: 3 }],
      ['variations', { sampler: 'Euler a', subseedStrength: 0.4 }],
      ['noise of another size', { seedResizeFromWidth: 128, seedResizeFromHeight: 64, subseedStrength: 0.4 }],
    ])('a picture is the same alone and in a batch: %s', async (_, change) => {
      const { images } = await run(change, { first: 1, size: 2 });
      for (const [i, image] of images.entries()) {
        const alone = await run(change, { first: 1 + i, size: 1 });
        expect(relativeError(image, alone.image)).toBeLessThan(SAME);
      }
      expect(relativeError(images[0]!, images[1]!)).toBeGreaterThan(DIFFERENT);
    });

    it('the next picture has the next seed', async () => {
      const next = await run({}, { first: 1, size: 1 });
      expect(next.image).toEqual((await run({ seed: 12 })).image);
    });

    it('the next variation has the same seed and the next variation seed', async () => {
      const next = await run({ subseedStrength: 0.3 }, { first: 1, size: 1 });
      expect(next.image).toEqual((await run({ subseedStrength: 0.3, subseed: 51 })).image);
    });

    it('a variation of full strength is the picture of the variation seed', () =>
      expectSame({ subseedStrength: 1 }, { seed: 50 }));

    it('a variation lies between', async () => {
      await expectDifferent({ subseedStrength: 0.5 }, {});
      await expectDifferent({ subseedStrength: 0.5 }, { seed: 50 });
    });
  });

  describe('prompts', () => {
    /** At each evaluation of "[a cat:a house:0.5]", which of the two the UNet is told. */
    async function told(change: Change): Promise<string> {
      const edited = await run({ ...change, prompt: '[a cat:a house:0.5]' });
      const cat = await run({ ...change, prompt: 'a cat' });
      const house = await run({ ...change, prompt: 'a house' });
      // Texts that are encoded together have other last bits than texts alone.
      const far = (i: number, from: typeof cat) => relativeError(edited.contexts[i]!, from.contexts[i]!);
      return edited.contexts.map((_, i) => (far(i, cat) < far(i, house) ? 'cat' : 'house')).join(' ');
    }

    it('[a:b:0.5] begins as a does', async () => {
      // A1111 counts evaluations from 0 and the schedule's from 1: the switch comes one step late.
      expect(await told({ steps: 4 })).toBe('cat cat cat house');
      const [edited, cat] = [await run({ prompt: '[a cat:a house:0.5]' }), await run({ prompt: 'a cat' })];
      for (const step of [0, 1, 2]) {
        expect(relativeError(edited.steps[step]!, cat.steps[step]!)).toBeLessThan(SAME);
      }
    });

    it('a sampler of two evaluations a step switches at the same time', async () => {
      const evaluations = await told({ steps: 6, sampler: 'Heun' });
      expect(evaluations).toBe('cat cat cat cat cat cat cat house house house house');
    });

    it('a part of no weight says nothing', () => expectSame({ prompt: 'a cat AND a house :0' }, {}));
    it('two halves are a whole', () => expectSame({ prompt: 'a cat :0.5 AND a cat :0.5' }, {}));
    it('a part of full weight says something', () => expectDifferent({ prompt: 'a cat AND a house' }, {}));
    it('parts may have different lengths', () => expectSame({ prompt: `a cat AND ${LONG} :0` }, padded(2)));

    /** "a cat", brought to the length of `chunks` by its last vector: how the parts of a prompt come to one length. */
    function padded(chunks: number): Change {
      return { prompt: `a cat AND ${'a, '.repeat(38 * (chunks - 1))} :0` };
    }
  });

  describe('emphasis', () => {
    const set = (prompt: string, settings: Partial<ImageSettings>): Change => ({ prompt, settings });

    it('Ignore reads brackets and does nothing', () =>
      expectSame(set('a (black cat:1.4)', { emphasis: 'Ignore' }), { prompt: 'a black cat' }));
    it('None takes them as text', () =>
      expectDifferent(set('a (black cat:1.4)', { emphasis: 'None' }), { prompt: 'a black cat' }));
    it('No norm leaves the mean where the weights take it', () =>
      expectDifferent(set('a (black cat:1.4)', { emphasis: 'No norm' }), { prompt: 'a (black cat:1.4)' }));
    it('curly braces count as square ones', () =>
      expectSame(set('a {black} cat', { curlyBraces: true }), { prompt: 'a [black] cat' }));
    it('... only when asked to', () =>
      expectDifferent({ prompt: 'a {black} cat' }, { prompt: 'a [black] cat' }));
    it('the old implementation agrees on plain brackets', () =>
      expectSame(set('a ((black) cat)', { oldEmphasis: true }), { prompt: 'a ((black) cat)' }));
    it('... and cuts after 75 tokens', async () => {
      const old = await run(set(LONG, { oldEmphasis: true }));
      expect(old.conditions.positive[0]!.schedule[0]![1].tokens).toBe(77);
      expect(old.conditions.truncated).toEqual([expect.stringContaining('by the sea')]);
      expect((await run({ prompt: LONG })).conditions.truncated).toEqual([]);
    });
  });

  describe('guidance', () => {
    it('without the negative prompt is guidance of scale 1', () =>
      expectSame({ settings: { sMinUncond: 15, sMinUncondAll: true } }, { cfgScale: 1 }));

    it('NGMS leaves every other negative prompt out', async () => {
      const { calls: items } = await run({ settings: { sMinUncond: 15 } });
      expect(items).toEqual([2, 1, 2, 1]);
    });

    it('skipping early leaves the first ones out', async () => {
      const { calls: items } = await run({ settings: { skipEarlyCond: 0.25 } });
      expect(items).toEqual([1, 1, 2, 2]);
    });

    it('prompt and negative prompt may be asked for apart', async () => {
      const together = await run({}, { first: 0, size: 2 });
      const apart = await run({ settings: { batchCondUncond: false } }, { first: 0, size: 2 });
      expect(together.calls).toEqual([4, 4, 4, 4]);
      expect(apart.calls).toEqual(new Array(8).fill(2));
      expect(relativeError(apart.image, together.image)).toBeLessThan(SAME);
    });
  });

  describe('lengths', () => {
    const padConds = { padConds: true };

    it('differ unless they are padded', async () => {
      const apart = await run({ prompt: LONG });
      const padded = await run({ prompt: LONG, settings: padConds });
      expect([apart.calls, apart.conditions.padded]).toEqual([new Array(8).fill(1), null]);
      expect([padded.calls, padded.conditions.padded]).toEqual([new Array(4).fill(2), 'padConds']);
      expect(relativeError(padded.image, apart.image)).toBeGreaterThan(0);
    });

    // An edit whose second text never comes is filled up with empty chunks to that text's length.
    it('padding adds the empty prompt to the negative one', () =>
      expectSame({ prompt: LONG, settings: padConds }, { prompt: LONG, negativePrompt: `[rain:${LONG}:3]` }));
    it('... and to the positive one', () =>
      expectSame(
        { negativePrompt: LONG, settings: padConds },
        { prompt: `[a cat:${LONG}:3]`, negativePrompt: LONG },
      ));
    it('is nothing to do where they agree', async () => {
      const { conditions } = await run({ settings: padConds });
      expect(conditions.padded).toBeNull();
    });

    it('the old way repeats the last vector, or cuts', async () => {
      const settings = { padCondsV0: true };
      const longer = (await run({ prompt: LONG, settings })).conditions;
      const context = longer.negative[0]![1].context;
      const width = networks.contextDim;
      expect(context.length).toBe(154 * width);
      expect(context.slice(-width)).toEqual(context.slice(76 * width, 77 * width));
      const cut = { negativePrompt: LONG, settings: { ...settings, commaBacktrack: 0 } };
      await expectSame(cut, { negativePrompt: LONG, settings: { oldEmphasis: true } });
    });
  });

  describe('the cache of conditions', () => {
    it('spares the text encoder, but for settings that matter to it', async () => {
      const cache = new CondCache();
      const encodings = async (change: Change) => {
        encoded = 0;
        await sample(change, { first: 0, size: 1 }, cache);
        return encoded;
      };
      expect(await encodings({})).toBe(2);
      expect(await encodings({ seed: 5, steps: 3, settings: { etaAncestral: 0 } })).toBe(0);
      expect(await encodings({ prompt: 'a dog' })).toBe(1);
      for (const settings of [
        { emphasis: 'No norm' },
        { commaBacktrack: 0 },
        { curlyBraces: true },
        { oldEmphasis: true },
      ] satisfies Partial<ImageSettings>[]) {
        expect(await encodings({ settings })).toBe(2);
      }
    });
  });

  it('clip skip is for families that heed it', async () => {
    const compare = networks.family.text.encoders[0]!.state === 'clip-skip' ? expectDifferent : expectSame;
    await compare({ clipSkip: 2 }, { clipSkip: 1 });
  });

  it('Zero Terminal SNR and rounding change the noise levels', async () => {
    await expectDifferent({ settings: { noiseSchedule: 'Zero Terminal SNR' } }, {});
    const { image } = await run({ settings: { downcastAlphas: true } });
    const error = relativeError(image, (await run({})).image);
    expect(error).toBeGreaterThan(SAME);
    expect(error).toBeLessThan(0.1);
  });
});
