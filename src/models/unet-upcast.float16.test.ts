// The float16 UNet with attention in float32, on a WebGPU device with shader-f16, by onnxruntime's kernels and by ours: see
// networks.float16.test.ts.
import { describe, expect, it } from 'vitest';
import { compareUNet } from '../../tests/goldens.ts';
import { BOTH, openBy } from '../../tests/both-kernels.ts';
import { openDawn } from '../../tests/ort-dawn.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, readExpected } from '../../tests/tiny-model.ts';
import { unetNetwork } from './unet.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

/** One is enough: all are built of the same blocks. */
describe.skipIf(!wanted).each(tinyModels().slice(0, 1))('%s with upcast attention on WebGPU', (name) => {
  it.for(BOTH)('UNet by %s', async (whose, context) => {
    const model = await loadTinyModel(name);
    const expected = await readExpected(name, 'unet.safetensors');
    if (!expected) return context.skip('no expected numbers');
    const network = unetNetwork(model.unet, model.catalog, 'float16', { upcastAttention: true });
    const { run, release } = await openBy(whose, await (device ??= openDawn()), network, model.readWeight);
    try {
      const comparisons = await compareUNet(expected, 'float16', run);
      expect(comparisons.length).toBeGreaterThan(0);
      expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
    } finally {
      await release();
    }
  });
});

let device: ReturnType<typeof openDawn> | undefined;
