// Emphasis over a schedule: A1111 encodes each of its entries, so a text that comes back counts again in the mean.
import { expect, test } from 'vitest';
import { applyEmphasis } from '../../prompt/emphasis.ts';
import { CondCache, encodePrompts } from './conditioning.ts';
import type { Networks } from '../../runtime/networks.ts';
import { DEFAULT_PARAMETERS } from '../request/request.ts';

const WIDTH = 2;

/** Encodes a token to its number and its place. */
const NETWORKS: Pick<Networks, 'contextDim' | 'textEncoder' | 'encodeText'> = {
  contextDim: WIDTH,
  textEncoder: {
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
  encodeText: async (tokens) => Float32Array.from([...tokens].flatMap((token, i) => [token / 1000, i % 77])),
};

test('a text of two entries counts twice', async () => {
  const parameters = { ...DEFAULT_PARAMETERS, prompt: '[(cat:1.5)|dog]', steps: 3 };
  const { positive } = await encodePrompts(NETWORKS as Networks, parameters, new CondCache());
  const schedule = positive[0]!.schedule;
  expect(schedule.map(([step]) => step)).toEqual([1, 2, 3]);

  // cat, dog, cat: each [start, word, end ...].
  const [cat, dog] = [2368, 1929];
  const rows = [cat, dog, cat].map((word) => [49406, word, ...new Array<number>(75).fill(49407)]);
  const z = await NETWORKS.encodeText(Int32Array.from(rows.flat()), 3, 1);
  const weights = [1.5, 1, 1.5].map((weight) => [1, weight, ...new Array<number>(75).fill(1)]);
  applyEmphasis(z, [3, 77, WIDTH], weights, 'Original');
  const size = 77 * WIDTH;
  schedule.forEach(([, cond], i) => expect(cond.context).toEqual(z.slice(i * size, (i + 1) * size)));
});
