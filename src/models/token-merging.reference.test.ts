// Token merging on onnxruntime's CPU, against tomesd; and what becomes of sizes that it cannot do.
import { describe, expect, it } from 'vitest';
import { readTensors } from '../../tests/goldens.ts';
import {
  compareMerging,
  mergingInputs,
  mergingNetwork,
  type MergingCase,
} from '../../tests/merged-tokens.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { inferShapes } from '../graph/shapes.ts';
import { tokenCounts } from './token-merging.ts';

const FOLDER = ['sdxl', 'runs'];
const cases = listReference(...FOLDER).includes('small.json')
  ? readReferenceJson<{ token_merging: MergingCase[] }>(...FOLDER, 'small.json').token_merging
  : [];

const noWeights = () => Promise.reject(new Error('There are no weights.'));

describe.skipIf(cases.length === 0)('token merging', () => {
  it.each(cases)('of $w x $h tokens at $ratio', async (one) => {
    const expected = await readTensors(bytesSource(readReference(...FOLDER, 'small.safetensors.gz')));
    const { channels, inputs } = mergingInputs(one, expected);
    const { merged, left } = tokenCounts(inputs, one.ratio);
    // r is what is asked for: there may be fewer sources.
    expect(merged).toBe(Math.min(one.r, one.w * one.h - one.tokens_after));
    expect(left).toBe(one.tokens_after);

    const network = mergingNetwork(channels, 'float32');
    const session = await openNodeSession(network, noWeights);
    const comparisons = await compareMerging(
      one,
      expected,
      2e-6,
      async (given, output) => (await session.run(given, [output]))[output]!.data,
    );
    expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);

    const shapes = inferShapes(network.graph, network.feeds(inputs));
    const results = await session.run(inputs);
    for (const { name, value } of network.graph.outputs)
      expect(shapes.get(value)).toEqual(results[name]!.dims);
    await session.release();
  });
});

describe('tokenCounts', () => {
  it('merges at most all that are no top left token of 2x2', () => {
    expect(tokenCounts({ batch: 1, height: 9, width: 11 }, 0.9)).toEqual({
      tokens: 99,
      sources: 79,
      destinations: 20,
      merged: 79,
      left: 20,
    });
  });

  it('refuses what leaves nothing to merge', () => {
    expect(() => tokenCounts({ batch: 1, height: 1, width: 8 }, 0.5)).toThrow(RangeError);
    expect(() => tokenCounts({ batch: 1, height: 8, width: 8 }, 0)).toThrow(RangeError);
  });
});
