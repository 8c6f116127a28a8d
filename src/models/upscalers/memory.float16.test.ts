// What an upscaler really takes of the GPU's memory, against what is reckoned beforehand (graph/memory.float16.test.ts).
import { describe, expect, it } from 'vitest';
import { openDawn, openDawnSession } from '../../../tests/ort-dawn.ts';
import { loadUpscaler, upscalerCases } from '../../../tests/upscalers.ts';
import { BufferPool } from '../../graph/buffer-pool.ts';
import { planRun } from '../../graph/memory.ts';
import { GpuMemory } from '../../runtime/gpu-memory.ts';
import { architectureOf } from './architectures.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

/** Fusions and dispatches are onnxruntime's affair: the reckoning need not be exact. */
const TOO_LITTLE = 0.8;
const TOO_MUCH = 1.6;

const [one] = wanted ? (await upscalerCases()).filter(({ name }) => /esrgan/i.test(name)) : [];

describe.skipIf(one === undefined)('an upscaler', () => {
  it('keeps about the buffers that were reckoned with', async () => {
    const { detection, catalog, readWeight } = await loadUpscaler(one!);
    const network = architectureOf(detection.upscaler!.kind).network(catalog, 'float16');
    const dawn = await openDawn();
    const memory = new GpuMemory(dawn.device);
    const session = await openDawnSession(dawn, network, readWeight);
    const weights = memory.live;
    const pool = new BufferPool();
    for (const side of [48, 64]) {
      const inputs = { image: new Float32Array(3 * side * side).fill(0.5), height: side, width: side };
      await session.run(inputs, network.outputs[0]!);
      planRun(network.graph, network.feeds(inputs)).simulate(pool);
      const ratio = pool.live / (memory.live - weights);
      expect(ratio).toBeGreaterThan(TOO_LITTLE);
      expect(ratio).toBeLessThan(TOO_MUCH);
    }
    await session.release();
  });
});
