// The graphs of tiny autoencoders against the original, on onnxruntime's CPU.
import { describe, expect, it } from 'vitest';
import type { Precision } from '../graph/types.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { loadTinyVae, tinyVaeFolders } from '../../tests/tiny-vae.ts';
import { readExpected, relativeError, type Tensors } from '../../tests/tiny-model.ts';
import { tinyDecoderNetwork, tinyEncoderNetwork } from './taesd.ts';

/** models/README.md, "Tolerances". */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 5e-5, float16: 1e-2 };

const casesOf = (expected: Tensors, result: string): string[] =>
  [...expected.keys()].flatMap((name) => (name.endsWith(`.${result}`) ? name.split('.')[0]! : []));

describe.skipIf(tinyVaeFolders.length === 0).each([...tinyVaeFolders])('%s', (folder) => {
  it.each<Precision>(['float32', 'float16'])('decodes in %s', async (precision) => {
    const { sizes, catalog, readWeight } = await loadTinyVae(folder, 'decoder');
    const session = await openNodeSession(tinyDecoderNetwork(sizes, catalog, precision), readWeight);
    const expected = (await readExpected(folder, 'expected.safetensors'))!;
    for (const key of casesOf(expected, 'image').filter((key) => key.startsWith('z'))) {
      const { data, dims } = expected.get(`${key}.latent`)!;
      const { image } = await session.run({
        latent: data,
        batch: dims[0]!,
        height: dims[2]!,
        width: dims[3]!,
      });
      const want = expected.get(`${key}.image`)!;
      expect(image!.dims).toEqual(want.dims);
      const unit = image!.data.map((value) => (value + 1) / 2);
      expect(relativeError(unit, want.data), key).toBeLessThan(TOLERANCE[precision]);
    }
  });

  it.each<Precision>(['float32', 'float16'])('encodes in %s', async (precision) => {
    const { sizes, catalog, readWeight } = await loadTinyVae(folder, 'encoder');
    const session = await openNodeSession(tinyEncoderNetwork(sizes, catalog, precision), readWeight);
    const expected = (await readExpected(folder, 'expected.safetensors'))!;
    for (const key of casesOf(expected, 'latent').filter((key) => key.startsWith('e'))) {
      const { data, dims } = expected.get(`${key}.image`)!;
      const image = data.map((value) => 2 * value - 1);
      const { latent } = await session.run({ image, batch: dims[0]!, height: dims[2]!, width: dims[3]! });
      const want = expected.get(`${key}.latent`)!;
      expect(latent!.dims).toEqual(want.dims);
      expect(relativeError(latent!.data, want.data), key).toBeLessThan(TOLERANCE[precision]);
    }
  });
});
