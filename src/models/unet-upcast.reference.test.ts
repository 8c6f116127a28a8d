// "Upcast cross attention layer to float32": where the UNet's graph computes in which type, and that it says the same.
import { afterEach, describe, expect, it } from 'vitest';
import { compareUNet } from '../../tests/goldens.ts';
import { openNodeSession, type NodeSession } from '../../tests/ort-node.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, readExpected } from '../../tests/tiny-model.ts';
import type { Precision } from '../graph/types.ts';
import { unetNetwork, type UNetInputs } from './unet.ts';

const models = tinyModels();

describe.skipIf(models.length === 0).each(models)('UNet of %s', (name) => {
  let session: NodeSession<UNetInputs> | undefined;
  afterEach(async () => {
    await session?.release();
    session = undefined;
  });

  const network = async (precision: Precision, upcastAttention: boolean) => {
    const { unet, catalog } = await loadTinyModel(name);
    return unetNetwork(unet, catalog, precision, { upcastAttention });
  };

  it('computes attention, and nothing else, in float32', async () => {
    const { nodes } = (await network('float16', true)).graph;
    const attention = nodes.filter((node) => node.op === 'MultiHeadAttention');
    expect(attention.length).toBeGreaterThan(0);
    for (const { inputs } of attention) {
      expect(inputs.map((input) => input?.type)).toEqual(['float32', 'float32', 'float32']);
    }
    for (const { op, inputs } of nodes) {
      if (op !== 'Conv' && op !== 'Gemm') continue;
      for (const input of inputs) expect(input?.type).toBe('float16');
    }
  });

  it('stays in float16 unless asked to', async () => {
    const { nodes } = (await network('float16', false)).graph;
    for (const { op, inputs } of nodes) {
      if (op === 'MultiHeadAttention') expect(inputs[0]?.type).toBe('float16');
    }
  });

  it('is nothing new in float32', async () => {
    const ops = async (upcast: boolean) =>
      (await network('float32', upcast)).graph.nodes.map((node) => node.op);
    expect(await ops(true)).toEqual(await ops(false));
  });

  it('predicts the same', async (context) => {
    const expected = await readExpected(name, 'unet.safetensors');
    if (!expected) return context.skip('no expected numbers');
    const model = await loadTinyModel(name);
    const opened = await openNodeSession(await network('float16', true), model.readWeight);
    session = opened;
    const comparisons = await compareUNet(
      expected,
      'float16',
      async (inputs, output) => (await opened.run(inputs))[output]!.data,
    );
    expect(comparisons.length).toBeGreaterThan(0);
    expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
  });
});
