// What a run really takes of the GPU's memory, against what is reckoned beforehand.
import { describe, expect, it } from 'vitest';
import { openDawn, openDawnSession } from '../../tests/ort-dawn.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel } from '../../tests/tiny-model.ts';
import { vaeDecoderNetwork } from '../models/vae.ts';
import { GpuMemory } from '../runtime/gpu-memory.ts';
import { BufferPool } from './buffer-pool.ts';
import { planRun } from './memory.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

/** Fusions and dispatches are onnxruntime's affair: the reckoning need not be exact. */
const TOO_LITTLE = 0.8;
const TOO_MUCH = 1.6;

describe.skipIf(!wanted).each(tinyModels().slice(0, 1))('%s', (name) => {
  it('the VAE decoder keeps about the buffers that were reckoned with', async () => {
    const model = await loadTinyModel(name);
    const network = vaeDecoderNetwork(model.vae, model.catalog, 'float16');
    const dawn = await openDawn();
    const memory = new GpuMemory(dawn.device);
    const session = await openDawnSession(dawn, network, model.readWeight);
    const weights = memory.live;
    const pool = new BufferPool();
    for (const side of [16, 24]) {
      const latent = new Float32Array(model.vae.latentChannels * side * side).fill(0.1);
      const inputs = { latent, batch: 1, height: side, width: side };
      await session.run(inputs, network.outputs[0]!);
      planRun(network.graph, network.feeds(inputs)).simulate(pool);
      const ratio = pool.live / (memory.live - weights);
      expect(ratio).toBeGreaterThan(TOO_LITTLE);
      expect(ratio).toBeLessThan(TOO_MUCH);
    }
    await session.release();
  });
});
