// What guidance asks of self-attention, on the tiny models: which items it changes, and what the network notes.
import { afterAll, describe, expect, it } from 'vitest';
import { openNodeSession, type NodeSession } from '../../tests/ort-node.ts';
import { firstOfEachKind, tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, relativeError, type TinyModel } from '../../tests/tiny-model.ts';
import { PERTURBED_BARE, SHARES, SMOOTHED, type AttentionChange } from './attention-changes.ts';
import { unetNetwork, type UNetInputs } from './unet.ts';

const LAYER = 'middle_block.1.transformer_blocks.0';
const BARE: AttentionChange = { kind: 'perturbed-attention', layers: LAYER, bare: true };
const SMOOTH: AttentionChange = { kind: 'smoothed-queries', layers: 'middle_block', sigma: 1 };
const LOOKS: AttentionChange = { kind: 'attention-shares', layers: LAYER };

const models = tinyModels().filter((name) => firstOfEachKind().has(name));
if (models.length === 0) it.skip('there is no model', () => undefined);

describe.each(models)('%s', (name) => {
  const opened: NodeSession<UNetInputs>[] = [];
  const open = async ({ unet, catalog, readWeight }: TinyModel, changes: readonly AttentionChange[]) => {
    const session = await openNodeSession(unetNetwork(unet, catalog, 'float32', { changes }), readWeight);
    opened.push(session);
    return session;
  };
  afterAll(() => Promise.all(opened.map((session) => session.release())));

  const [height, width, tokens] = [10, 12, 77];
  /** Two items that are the same. */
  const inputsOf = ({ unet }: TinyModel): UNetInputs => {
    const twice = (length: number) => {
      const half = Array.from({ length }, (_, i) => Math.sin(0.37 * i));
      return Float32Array.from([...half, ...half]);
    };
    return {
      ...{ batch: 2, height, width, tokens, timesteps: [300, 300] },
      x: twice(unet.inChannels * height * width),
      context: twice(tokens * unet.contextDim),
      ...(unet.vectorDim !== null && { vector: twice(unet.vectorDim) }),
    };
  };

  it.each([
    { what: 'gives values without the last projection', change: BARE, mark: PERTURBED_BARE },
    { what: 'asks with smoothed queries', change: SMOOTH, mark: SMOOTHED },
  ])('$what for marked items alone', async ({ change, mark }) => {
    const model = await loadTinyModel(name);
    const inputs = inputsOf(model);
    const expected = (await (await open(model, [])).run(inputs, ['out']))['out']!.data;
    const session = await open(model, [change]);
    const run = async (marks: UNetInputs['marks']) =>
      (await session.run({ ...inputs, ...(marks && { marks }) }, ['out']))['out']!.data;
    expect(relativeError(await run(undefined), expected)).toBeLessThan(1e-6);
    const marked = await run({ [mark]: [0, 1] });
    const half = expected.length / 2;
    expect(relativeError(marked.subarray(0, half), expected.subarray(0, half))).toBeLessThan(1e-6);
    expect(relativeError(marked.subarray(half), expected.subarray(half))).toBeGreaterThan(1e-4);
  });

  it('notes how much of all attention each token gets, and leaves the prediction', async () => {
    const model = await loadTinyModel(name);
    const inputs = inputsOf(model);
    const session = await open(model, [LOOKS]);
    const { out, [SHARES]: shares } = await session.run(inputs, ['out', SHARES]);
    const plain = (await (await open(model, [])).run(inputs, ['out']))['out']!.data;
    expect(relativeError(out!.data, plain)).toBeLessThan(1e-6);
    const scale = 2 ** (model.unet.channelMult.length - 1);
    const count = Math.ceil(height / scale) * Math.ceil(width / scale);
    expect(shares!.dims).toEqual([2, count, 1]);
    for (const item of [0, 1]) {
      const own = shares!.data.subarray(item * count, (item + 1) * count);
      expect(own.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
      expect(Math.min(...own)).toBeGreaterThan(0);
      // Random weights, but not the same everywhere.
      if (count > 1) expect(Math.max(...own) - Math.min(...own)).toBeGreaterThan(1e-6);
    }
  });
});
