// The UNet graph against the reference implementations, on onnxruntime's CPU.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Precision } from '../graph/types.ts';
import { openNodeSession, type NodeSession } from '../../tests/ort-node.ts';
import { readReferenceJson, tinyModels } from '../../tests/reference-dir.ts';
import {
  loadTinyModel,
  readExpected,
  relativeError,
  type Tensors,
  type TinyModel,
} from '../../tests/tiny-model.ts';
import { timestepEmbedding, unetNetwork, type UNetInputs } from './unet.ts';

/** models/README.md, "Tolerances". */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 5e-5, float16: 2e-2 };

const models = tinyModels();

describe.skipIf(models.length === 0).each(models)('UNet of %s', (name) => {
  const cases = readReferenceJson<{ unet: { key: string }[] }>('models', name, 'index.json').unet;
  let model: TinyModel;
  let expected: Tensors;
  let actNames: string[];

  beforeAll(async () => {
    model = await loadTinyModel(name);
    expected = (await readExpected(name, 'unet.safetensors'))!;
    actNames = [...expected.keys()].filter((key) => /^u\d+\.act\./.test(key));
  });

  it.each([...expectedDims(name)])('embeds timesteps in %i dimensions', (dim) => {
    // A frequency's last bit is the library's choice (PyTorch's exp is not always the nearest float32), and at t = 999
    // that bit turns the angle by 6e-5.
    const want = expected.get(`timestep_embedding.${dim}`)!;
    const got = timestepEmbedding(expected.get('timestep_embedding.t')!.data, dim);
    expect(relativeError(got, want.data)).toBeLessThan(1e-4);
  });

  describe.each<Precision>(['float32', 'float16'])('in %s', (precision) => {
    let session: NodeSession<UNetInputs>;
    let taps: Map<string, string>;

    beforeAll(async () => {
      taps = new Map(actNames.map((key) => [key, tapName(key.replace(/^u\d+\.act\./, ''), model)]));
      const options = { taps: [...new Set(taps.values())] };
      const network = unetNetwork(model.unet, model.catalog, precision, options);
      session = await openNodeSession(network, model.readWeight);
    });
    afterAll(() => session.release());

    it.each(cases.map(({ key }) => key))('predicts case %s', async (key) => {
      const result = await session.run(inputsOf(expected, key));
      const out = expected.get(`${key}.out`)!;
      expect(result['out']!.dims).toEqual(out.dims);
      expect(relativeError(result['out']!.data, out.data)).toBeLessThan(TOLERANCE[precision]);

      for (const act of actNames.filter((act) => act.startsWith(`${key}.`))) {
        const want = expected.get(act)!;
        const got = result[`act.${taps.get(act)!}`]!;
        const data = want.dims.length === 4 && got.dims.length === 3 ? planes(got.data, got.dims) : got.data;
        expect(relativeError(data, want.data), act).toBeLessThan(TOLERANCE[precision]);
      }
    });
  });
});

function* expectedDims(model: string): Iterable<number> {
  const { unet } = readReferenceJson<{ unet: { model_channels: number } }>('models', model, 'config.json');
  yield* new Set([unet.model_channels, 320, 256]);
}

function inputsOf(expected: Tensors, key: string): UNetInputs {
  const x = expected.get(`${key}.x`)!;
  const context = expected.get(`${key}.context`)!;
  const vector = expected.get(`${key}.y`)?.data;
  return {
    x: x.data,
    batch: x.dims[0]!,
    height: x.dims[2]!,
    width: x.dims[3]!,
    timesteps: expected.get(`${key}.t`)!.data,
    context: context.data,
    tokens: context.dims[1]!,
    ...(vector ? { vector } : {}),
  };
}

/** The reference's hooks name a transformer's first block by its parts, and the last block "last". */
function tapName(act: string, model: TinyModel): string {
  const blocks = model.unet.resBlocks.reduce((sum, count) => sum + count + 1, 0);
  return act
    .replace('output_blocks.last', `output_blocks.${blocks - 1}`)
    .replace(/\.(attn1|attn2|ff)$/, '.transformer_blocks.0.$1');
}

/** [N, S, C] to [N, C, S]: where SD 1 has a convolution, its result is compared plane by plane. */
function planes(data: Float32Array, dims: readonly number[]): Float32Array {
  const [n, s, c] = dims as [number, number, number];
  const result = new Float32Array(data.length);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < s; j++) {
      for (let k = 0; k < c; k++) result[(i * c + k) * s + j] = data[(i * s + j) * c + k]!;
    }
  }
  return result;
}
