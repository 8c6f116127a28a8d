// Emphasis over a schedule: A1111 encodes each of its entries, so a text that comes back counts again in the mean.
import { expect, test } from 'vitest';
import { SD1 } from '../../families/sd1.ts';
import { applyEmphasis } from '../../prompt/emphasis.ts';
import { CondCache, encodePrompts } from './conditioning.ts';
import type { Networks } from '../../runtime/networks.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';

const WIDTH = 2;

/** Encodes a token to its number and its place. */
const NETWORKS: Pick<Networks, 'family' | 'contextDim' | 'textEncoders' | 'encodeText'> = {
  family: SD1,
  contextDim: WIDTH,
  textEncoders: [
    {
      type: 'clip',
      prefix: '',
      vocabulary: 49408,
      positions: 77,
      width: WIDTH,
      layers: 1,
      heads: 1,
      mlpWidth: 1,
      activation: 'quick_gelu',
      projection: null,
    },
  ],
  encodeText: async (_, { tokens }) => ({
    states: Float32Array.from([...tokens].flatMap((token, i) => [token / 1000, i % 77])),
    pooled: null,
  }),
};

test('a text of two entries counts twice', async () => {
  const parameters = { ...DEFAULT_PARAMETERS, prompt: '[(cat:1.5)|dog]', steps: 3 };
  const { positive } = await encodePrompts(NETWORKS, parameters, new CondCache());
  const schedule = positive[0]!.schedule;
  expect(schedule.map(([step]) => step)).toEqual([1, 2, 3]);

  // cat, dog, cat: each [start, word, end ...].
  const [cat, dog] = [2368, 1929];
  const rows = [cat, dog, cat].map((word) => [49406, word, ...new Array<number>(75).fill(49407)]);
  const tokens = Int32Array.from(rows.flat());
  const { states: z } = await NETWORKS.encodeText(0, { tokens, chunks: 3 }, { layer: 1, finalNorm: true });
  const weights = [1.5, 1, 1.5].map((weight) => [1, weight, ...new Array<number>(75).fill(1)]);
  applyEmphasis(z, [3, 77, WIDTH], weights, 'Original');
  const size = 77 * WIDTH;
  schedule.forEach(([, cond], i) => expect(cond.context).toEqual(z.slice(i * size, (i + 1) * size)));
});

test('the text encoder runs once for a prompt, over batches and jobs, until prompt or weights are others', async () => {
  const cache = new CondCache();
  let runs = 0;
  const counting: typeof NETWORKS = {
    ...NETWORKS,
    encodeText: (...args) => {
      runs += 1;
      return NETWORKS.encodeText(...args);
    },
  };
  const encode = (changed: Partial<GenerationParameters>, weightsKey = '') =>
    encodePrompts(
      counting,
      { ...DEFAULT_PARAMETERS, prompt: 'a (cat:1.2)', negativePrompt: 'fog', ...changed },
      cache,
      { weightsKey },
    );
  const first = await encode({ seed: 1 });
  const once = runs;
  expect(once).toBeGreaterThan(0);
  for (const job of [
    { seed: 2, batchSize: 4, batchCount: 3 },
    { steps: 40, sampler: 'DDIM', cfgScale: 3 },
    { width: 768, settings: { ...DEFAULT_PARAMETERS.settings, spectrumWindow: 2 } },
  ])
    expect((await encode(job)).positive[0]!.schedule[0]![1].context).toEqual(
      first.positive[0]!.schedule[0]![1].context,
    );
  expect(runs).toBe(once);

  await encode({ prompt: 'a dog' });
  expect(runs).toBeGreaterThan(once);
  const both = runs;
  // The first is still known, and is not what a LoRA makes of it.
  await encode({});
  expect(runs).toBe(both);
  await encode({}, 'a LoRA');
  expect(runs).toBeGreaterThan(both);
});
