// What changes of a UNet's graph do on the tiny models, whose networks are real but for their weights.
import { describe, expect, it } from 'vitest';
import { openNodeSession } from '../../tests/ort-node.ts';
import { firstOfEachKind, tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, relativeError } from '../../tests/tiny-model.ts';
import { PERTURBED } from './attention-changes.ts';
import type { NetworkChange } from './network-changes.ts';
import { unetNetwork } from './unet.ts';

const models = tinyModels().filter((name) => firstOfEachKind().has(name));
if (models.length === 0) it.skip('there is no model', () => undefined);

describe.each(models)('%s', (name) => {
  it('perturbs the attention of marked items alone', async () => {
    const { unet, catalog, readWeight } = await loadTinyModel(name);
    const open = (changes: readonly NetworkChange[]) =>
      openNodeSession(unetNetwork(unet, catalog, 'float32', { changes }), readWeight);
    const [height, width, tokens] = [8, 12, 77];
    const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(0.37 * i));
    const both = <T>(one: T): T[] => [one, one];
    const twice = (values: Float32Array) => Float32Array.from(both([...values]).flat());
    const inputs = {
      ...{ batch: 2, height, width, tokens, timesteps: both(300) },
      x: twice(wave(unet.inChannels * height * width)),
      context: twice(wave(tokens * unet.contextDim)),
      ...(unet.vectorDim !== null && { vector: twice(wave(unet.vectorDim)) }),
    };
    const plain = await open([]);
    const perturbed = await open([{ kind: 'perturbed-attention', layers: 'middle_block' }]);
    const expected = (await plain.run(inputs))['out']!.data;
    const unmarked = (await perturbed.run(inputs))['out']!.data;
    expect(relativeError(unmarked, expected)).toBeLessThan(1e-6);
    const marked = (await perturbed.run({ ...inputs, marks: { [PERTURBED]: [0, 1] } }))['out']!.data;
    const half = expected.length / 2;
    expect(relativeError(marked.subarray(0, half), expected.subarray(0, half))).toBeLessThan(1e-6);
    expect(relativeError(marked.subarray(half), expected.subarray(half))).toBeGreaterThan(1e-4);
    await plain.release();
    await perturbed.release();
  });
});
