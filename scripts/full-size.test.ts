// Stand-ins, made in the sizes of a tiny model: both kinds of file hold the same, and activations stay in range.
import { describe, expect, it } from 'vitest';
import { toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { WeightCatalog } from '../src/graph/types.ts';
import { unetNetwork } from '../src/models/unet.ts';
import { vaeDecoderNetwork } from '../src/models/vae.ts';
import { TorchGenerator } from '../src/sampling/random/torch-generator.ts';
import { openNodeSession } from '../tests/ort-node.ts';
import { tinyModels } from '../tests/reference-dir.ts';
import { loadTinyModel } from '../tests/tiny-model.ts';
import { safetensorsFile, torchFile } from './full-size-files.ts';
import { bytesOf, entriesOf, generator, type FloatType, type Manifest } from './full-size-weights.ts';

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece.slice());
  return new Uint8Array(Buffer.concat(parts));
}

const [tiny] = tinyModels();
describe.skipIf(tiny === undefined)('a stand-in', () => {
  const manifestOf = async (): Promise<Manifest> => {
    const { checkpoint } = await loadTinyModel(tiny!);
    // Without the text encoder's large table, which would take most of the time.
    const small = [...checkpoint.tensors].filter(([, { shape }]) => shape.reduce((a, b) => a * b, 1) < 5e5);
    const tensors = small.map(([name, { shape, dtype }]) => {
      return [name, { shape, dtype: dtype === 'I64' ? 'I64' : 'F32' }] as const;
    });
    return { family: 'tiny', tensors: Object.fromEntries(tensors) };
  };
  const make = async (write: typeof torchFile, dtype: FloatType) => {
    const random = generator(1);
    const file = await collect(
      write(entriesOf(await manifestOf(), dtype), (entry) => bytesOf(entry, random)),
    );
    return openCheckpoint(bytesSource(file));
  };

  it('is the same as .safetensors and as .ckpt', async () => {
    const [one, other] = [await make(safetensorsFile, 'F16'), await make(torchFile, 'F16')];
    const { tensors } = await manifestOf();
    expect([...one.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
    for (const { name, shape, dtype } of one.tensors.values()) {
      expect(other.tensors.get(name)).toMatchObject({ shape, dtype });
      expect(Buffer.compare(await one.read(name), await other.read(name)), name).toBe(0);
    }
    const [alpha] = toFloat32(await one.read('alphas_cumprod', 0, 1), 'F16');
    expect(alpha).toBeCloseTo(0.99915, 3);
  });

  it('keeps activations in a trained model’s range', async () => {
    const { unet, vae } = await loadTinyModel(tiny!);
    const made = await make(safetensorsFile, 'F32');
    const catalog: WeightCatalog = { shapeOf: (name) => made.tensors.get(name)?.shape };
    const read = async ({ name, shape, start }: { name: string; shape: readonly number[]; start: number }) =>
      made.read(
        name,
        start,
        shape.reduce((product, size) => product * size, 1),
      );
    const deviation = (values: Float32Array) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    };
    const random = new TorchGenerator(1);
    const taps = ['input_blocks.4', 'middle_block', 'output_blocks.11'];
    const denoiser = await openNodeSession(unetNetwork(unet, catalog, 'float32', { taps }), read);
    const outputs = await denoiser.run({
      x: random.randn(unet.inChannels * 256),
      batch: 1,
      height: 16,
      width: 16,
      timesteps: [500],
      context: random.randn(77 * unet.contextDim),
      tokens: 77,
    });
    expect(deviation(outputs['out']!.data)).toBeGreaterThan(0.3);
    expect(deviation(outputs['out']!.data)).toBeLessThan(3);
    for (const tap of taps) {
      expect(deviation(outputs[`act.${tap}`]!.data), tap).toBeGreaterThan(0.3);
      expect(deviation(outputs[`act.${tap}`]!.data), tap).toBeLessThan(20);
    }
    const decoder = await openNodeSession(vaeDecoderNetwork(vae, catalog, 'float32'), read);
    const latent = random.randn(vae.latentChannels * 64);
    const picture = (await decoder.run({ latent, batch: 1, height: 8, width: 8 }))['image']!.data;
    expect(deviation(picture)).toBeGreaterThan(0.1);
    expect(deviation(picture)).toBeLessThan(1.5);
    await denoiser.release();
    await decoder.release();
  });
});
