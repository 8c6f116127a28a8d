// The reference's numbers by our own kernels, in float32 and float16, on a WebGPU device: see src/models/networks.float16.test.ts,
// which asks the same of onnxruntime.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Precision } from '../graph/types.ts';
import type { Network } from '../models/network.ts';
import { textEncoderNetwork } from '../models/text-encoder.ts';
import { unetNetwork } from '../models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../models/vae.ts';
import {
  compareDecoder,
  compareEncoder,
  compareText,
  compareUNet,
  smallestCases,
  type Comparison,
  type Run,
  type Tensors,
} from '../../tests/goldens.ts';
import { openDawn, type Dawn } from '../../tests/ort-dawn.ts';
import { openOwnKernels, type OwnKernels } from '../../tests/own-kernels.ts';
import { firstOfEachKind, tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, readExpected, type TinyModel } from '../../tests/tiny-model.ts';
import type { Dialect } from './kernels/shader.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

/** Shaders take longer to compile than networks to run: the others have the same layers in other sizes. */
const models = tinyModels().filter((name) => firstOfEachKind().has(name));

describe.skipIf(!wanted || models.length === 0).each(models)('%s on our own kernels', (name) => {
  let model: TinyModel;
  let dawn: Dawn;
  const opened: OwnKernels[] = [];

  beforeAll(async () => {
    model = await loadTinyModel(name);
    dawn = await (device ??= openDawn());
  });
  afterAll(() => {
    for (const one of opened) one.release();
  });

  function open<I>(network: Network<I>, float16: Dialect['float16'] = 'native'): Run<I> {
    const own = openOwnKernels(dawn.device, model.readWeight, { float16 });
    opened.push(own);
    return own.open(network);
  }

  async function compared(file: string, compare: (expected: Tensors) => Promise<Comparison[]>) {
    const expected = await readExpected(name, file);
    if (!expected) return null;
    const comparisons = await compare(expected);
    expect(comparisons.length).toBeGreaterThan(0);
    expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
    return comparisons;
  }

  const unet = (precision: Precision) =>
    compared('unet.safetensors', (expected) =>
      compareUNet(
        smallestCases(expected),
        precision,
        open(unetNetwork(model.unet, model.catalog, precision)),
      ),
    );

  it('UNet in float16', async (context) => {
    if (!(await unet('float16'))) context.skip('no expected numbers');
  });

  // The first model shows the rest: precision and dialect are the same code for all.
  const onlyFirst = name === models[0];

  it.runIf(onlyFirst)('UNet in float32', async (context) => {
    if (!(await unet('float32'))) context.skip('no expected numbers');
  });

  it.runIf(onlyFirst)('VAE decoder in float16, also where a device has no shader-f16', async (context) => {
    const network = vaeDecoderNetwork(model.vae, model.catalog, 'float16');
    const decoder = (float16: Dialect['float16']) =>
      compared('vae.safetensors', (expected) => compareDecoder(expected, 'float16', open(network, float16)));
    if (!(await decoder('native'))) return context.skip('no expected numbers');
    await decoder('packed');
  });

  it.runIf(onlyFirst)('VAE encoder in float32', async (context) => {
    const network = vaeEncoderNetwork(model.vae, model.catalog, 'float32');
    const encoder = (expected: Tensors) => compareEncoder(expected, 'float32', open(network));
    if (!(await compared('vae.safetensors', encoder))) context.skip('no expected numbers');
  });

  it('text encoders in float32', async (context) => {
    const tokens = { clip: 'tokens_l', 'open-clip': 'tokens_g' } as const;
    for (const config of model.textEncoders) {
      const which = model.unet.vectorDim === null ? 'tokens' : tokens[config.type];
      const pooled = which === 'tokens_g';
      const network = textEncoderNetwork(config, model.catalog, 'float32', { pooled });
      const text = (expected: Tensors) =>
        compareText(expected, 'float32', which, network.outputs, open(network));
      if (!(await compared('text.safetensors', text))) return context.skip('no expected numbers');
    }
  });
});

/** One device for all models. */
let device: Promise<Dawn> | undefined;
