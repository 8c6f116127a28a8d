// Emphasis over a schedule: A1111 encodes each of its entries, so a text that comes back counts again in the mean.
import { expect, test } from 'vitest';
import { SD1 } from '../../families/sd1.ts';
import { applyEmphasis } from '../../prompt/emphasis.ts';
import { CondCache, encodePrompts } from './conditioning.ts';
import type { Networks } from '../../runtime/networks.ts';
import { DEFAULT_PARAMETERS } from '../request/request.ts';

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
