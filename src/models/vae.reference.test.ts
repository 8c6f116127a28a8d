// The VAE graphs against the reference implementations, on onnxruntime's CPU.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Precision } from '../graph/types.ts';
import { openNodeSession, type FloatTensor, type NodeSession } from '../../tests/ort-node.ts';
import { readReferenceJson, tinyModels } from '../../tests/reference-dir.ts';
import {
  loadTinyModel,
  readExpected,
  relativeError,
  type Tensors,
  type TinyModel,
} from '../../tests/tiny-model.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork, type VaeDecoderInputs, type VaeEncoderInputs } from './vae.ts';

/** models/README.md, "Tolerances". */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 5e-5, float16: 2e-2 };

const models = tinyModels();

describe.skipIf(models.length === 0).each(models)('VAE of %s', (name) => {
  const keys = readReferenceJson<{ vae: { key: string }[] }>('models', name, 'index.json').vae.map(
    ({ key }) => key,
  );
  let model: TinyModel;
  let expected: Tensors;

  beforeAll(async () => {
    model = await loadTinyModel(name);
    expected = (await readExpected(name, 'vae.safetensors'))!;
  });

  const taps = (half: 'encoder' | 'decoder') =>
    [...expected.keys()].flatMap((key) => {
      const act = /^([ed])\d+\.act\.(.+)$/.exec(key);
      return act && act[1] === half[0] ? [act[2]!] : [];
    });
  const compareActs = (key: string, result: Record<string, FloatTensor>, tolerance: number) => {
    for (const [act, want] of expected) {
      const prefix = `${key}.act.`;
      if (!act.startsWith(prefix)) continue;
      const got = result[`act.${act.slice(prefix.length)}`]!;
      expect(relativeError(got.data, want.data), act).toBeLessThan(tolerance);
    }
  };

  describe.each<Precision>(['float32', 'float16'])('in %s', (precision) => {
    const tolerance = TOLERANCE[precision];
    let decoder: NodeSession<VaeDecoderInputs>;
    let encoder: NodeSession<VaeEncoderInputs>;

    beforeAll(async () => {
      const { vae, catalog, readWeight } = model;
      decoder = await openNodeSession(
        vaeDecoderNetwork(vae, catalog, precision, { taps: taps('decoder') }),
        readWeight,
      );
      encoder = await openNodeSession(
        vaeEncoderNetwork(vae, catalog, precision, { taps: taps('encoder') }),
        readWeight,
      );
    });
    afterAll(async () => {
      await decoder.release();
      await encoder.release();
    });

    it.each(keys.filter((key) => key.startsWith('d')))('decodes case %s', async (key) => {
      const { data, dims } = expected.get(`${key}.latent`)!;
      const result = await decoder.run({ latent: data, batch: dims[0]!, height: dims[2]!, width: dims[3]! });
      const image = expected.get(`${key}.image`)!;
      expect(result['image']!.dims).toEqual(image.dims);
      expect(relativeError(result['image']!.data, image.data)).toBeLessThan(tolerance);
      compareActs(key, result, tolerance);
    });

    it.each(keys.filter((key) => key.startsWith('e')))('encodes case %s', async (key) => {
      const { data, dims } = expected.get(`${key}.x`)!;
      const result = await encoder.run({ image: data, batch: dims[0]!, height: dims[2]!, width: dims[3]! });
      for (const output of ['mean', 'logvar']) {
        const want = expected.get(`${key}.${output}`)!;
        expect(result[output]!.dims).toEqual(want.dims);
        expect(relativeError(result[output]!.data, want.data), output).toBeLessThan(tolerance);
      }
      compareActs(key, result, tolerance);
    });
  });
});
