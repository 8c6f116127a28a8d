// The float16 graphs against the reference implementations, on a WebGPU device with shader-f16: a graphics card or Mesa's
// software driver. Small text encoders and the VAE's encoder are computed in float32 everywhere, so they are not here.
// `npm test` runs this in an environment where Dawn finds one (scripts/float16-driver.js).
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { textInfoOf } from '../families/families.ts';
import { compareDecoder, compareText, compareUNet, type Comparison } from '../../tests/goldens.ts';
import { openDawn, openDawnSession, type DawnSession } from '../../tests/ort-dawn.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, readExpected, type TinyModel } from '../../tests/tiny-model.ts';
import type { Network } from './network.ts';
import { textEncoderNetwork } from './text-encoder.ts';
import { unetNetwork } from './unet.ts';
import { vaeDecoderNetwork } from './vae.ts';

const PRECISION = 'float16';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

describe.skipIf(!wanted).each(tinyModels())('%s in float16 on WebGPU', (name) => {
  let model: TinyModel;
  let dawn: Awaited<ReturnType<typeof openDawn>>;
  let session: DawnSession<never> | undefined;

  beforeAll(async () => {
    model = await loadTinyModel(name);
    dawn = await (opened ??= openDawn());
  });
  afterEach(async () => {
    await session?.release();
    session = undefined;
  });
  afterAll(() => {
    // onnxruntime's shaders were all known to runtime/float32-sums.ts.
    expect([...dawn.narrowSums]).toEqual([]);
  });

  async function open<I>(network: Network<I>): Promise<DawnSession<I>> {
    const result = await openDawnSession(dawn, network, model.readWeight);
    session = result;
    return result;
  }

  it('UNet', async (context) => {
    const expected = await readExpected(name, 'unet.safetensors');
    if (!expected) return context.skip('no expected numbers');
    const { run, placement } = await open(unetNetwork(model.unet, model.catalog, PRECISION));
    expect(placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    check(await compareUNet(expected, PRECISION, run));
  });

  it('text encoder, where it is not computed in float32', async (context) => {
    const expected = await readExpected(name, 'text.safetensors');
    const config = model.textEncoders.find((encoder) => !textInfoOf(model.family, encoder).exact);
    if (!expected || !config) return context.skip(expected ? 'all in float32' : 'no expected numbers');
    const network = textEncoderNetwork(config, model.catalog, PRECISION, { pooled: true });
    const { run } = await open(network);
    check(await compareText(expected, PRECISION, 'tokens_g', network.outputs, run));
  });

  it('VAE decoder', async (context) => {
    const expected = await readExpected(name, 'vae.safetensors');
    if (!expected) return context.skip('no expected numbers');
    const { run, placement } = await open(vaeDecoderNetwork(model.vae, model.catalog, PRECISION));
    expect(placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    check(await compareDecoder(expected, PRECISION, run));
  });
});

/** One device for all models. */
let opened: ReturnType<typeof openDawn> | undefined;

function check(comparisons: readonly Comparison[]): void {
  expect(comparisons.length).toBeGreaterThan(0);
  expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
}
