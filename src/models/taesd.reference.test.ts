// The graphs of tiny autoencoders against the original, on onnxruntime's CPU.
import { describe, expect, it } from 'vitest';
import { compareTinyDecoder, compareTinyEncoder, type Comparison } from '../../tests/goldens.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { readExpected } from '../../tests/tiny-model.ts';
import { loadTinyVae, tinyVaeFolders } from '../../tests/tiny-vae.ts';
import type { Precision } from '../graph/types.ts';
import type { Network } from './network.ts';
import { tinyDecoderNetwork, tinyEncoderNetwork } from './taesd.ts';

describe.skipIf(tinyVaeFolders.length === 0).each([...tinyVaeFolders])('%s', (folder) => {
  const open = async <I>(network: Network<I>, read: Parameters<typeof openNodeSession>[1]) => {
    const session = await openNodeSession(network, read);
    return async (inputs: I, output: string) => (await session.run(inputs))[output]!.data;
  };

  it.each<Precision>(['float32', 'float16'])('decodes in %s', async (precision) => {
    const { detection, catalog, readWeight } = await loadTinyVae(folder, 'decoder');
    const run = await open(tinyDecoderNetwork(detection.tinyVae!, catalog, precision), readWeight);
    check(await compareTinyDecoder((await readExpected(folder, 'expected.safetensors'))!, precision, run));
  });

  it.each<Precision>(['float32', 'float16'])('encodes in %s', async (precision) => {
    const { detection, catalog, readWeight } = await loadTinyVae(folder, 'encoder');
    const run = await open(tinyEncoderNetwork(detection.tinyVae!, catalog, precision), readWeight);
    check(await compareTinyEncoder((await readExpected(folder, 'expected.safetensors'))!, precision, run));
  });
});

function check(comparisons: readonly Comparison[]): void {
  expect(comparisons.length).toBeGreaterThan(0);
  expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
}
