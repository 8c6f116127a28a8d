// The float16 graphs against the reference implementations, on a WebGPU device with shader-f16: a graphics card or Mesa's
// software driver. Small text encoders and the VAE's encoder are computed in float32 everywhere, so they are not here.
// `npm test` runs this in an environment where Dawn finds one (scripts/float16-driver.js).
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { float16ToFloat32 } from '../checkpoint/convert.ts';
import { textInfoOf } from '../families/families.ts';
import {
  compareDecoder,
  compareText,
  compareTinyDecoder,
  compareUNet,
  type Comparison,
} from '../../tests/goldens.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { openDawn, openDawnSession, type DawnSession } from '../../tests/ort-dawn.ts';
import { firstOfEachKind, tinyModels } from '../../tests/reference-dir.ts';
import {
  loadTinyModel,
  readExpected,
  relativeError,
  type Tensors,
  type TinyModel,
} from '../../tests/tiny-model.ts';
import { loadTinyVae, tinyVaeFolders } from '../../tests/tiny-vae.ts';
import { float16Bits } from '../graph/float16.ts';
import type { Network } from './network.ts';
import { tinyDecoderNetwork } from './taesd.ts';
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

  /** Shaders take longer to compile than networks to run. */
  const elsewhere = firstOfEachKind().has(name) ? null : 'another model of its kind is computed';

  it('UNet', async (context) => {
    if (elsewhere) return context.skip(elsewhere);
    const expected = await readExpected(name, 'unet.safetensors');
    if (!expected) return context.skip('no expected numbers');
    const { run, placement } = await open(unetNetwork(model.unet, model.catalog, PRECISION));
    expect(placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    const comparisons = await compareUNet(expected, PRECISION, run);
    const moved = await movedByRounding(expected);
    check(comparisons.map((one, i) => ({ ...one, limit: Math.max(one.limit, 10 * moved[i]!) })));
  });

  /**
   * How far rounding a case's inputs to float16 moves the result in float32: some random weights amplify that many times, and
   * nothing that computes in float16 can do better (tiny-sdxl-inpaint: 5e-4 becomes 2e-2).
   */
  async function movedByRounding(expected: Tensors): Promise<number[]> {
    const exact = await openNodeSession(unetNetwork(model.unet, model.catalog, 'float32'), model.readWeight);
    const moved: number[] = [];
    await compareUNet(expected, 'float32', async (inputs) => {
      const { x, context } = inputs;
      const right = (await exact.run(inputs))['out']!.data;
      const rounded = (await exact.run({ ...inputs, x: inHalf(x), context: inHalf(context) }))['out']!.data;
      moved.push(relativeError(rounded, right));
      return right;
    });
    await exact.release();
    return moved;
  }

  it('text encoder, where it is not computed in float32', async (context) => {
    const expected = await readExpected(name, 'text.safetensors');
    const config = model.textEncoders.find((encoder) => !textInfoOf(model.family, encoder).exact);
    if (!expected || !config) return context.skip(expected ? 'all in float32' : 'no expected numbers');
    const network = textEncoderNetwork(config, model.catalog, PRECISION, { pooled: true });
    const { run } = await open(network);
    check(await compareText(expected, PRECISION, 'tokens_g', network.outputs, run));
  });

  it('VAE decoder', async (context) => {
    if (elsewhere) return context.skip(elsewhere);
    const expected = await readExpected(name, 'vae.safetensors');
    if (!expected) return context.skip('no expected numbers');
    const { run, placement } = await open(vaeDecoderNetwork(model.vae, model.catalog, PRECISION));
    expect(placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    check(await compareDecoder(expected, PRECISION, run));
  });
});

describe.skipIf(!wanted).each([...tinyVaeFolders])('%s in float16 on WebGPU', (folder) => {
  it('tiny decoder', async () => {
    const { detection, catalog, readWeight } = await loadTinyVae(folder, 'decoder');
    const network = tinyDecoderNetwork(detection.tinyVae!, catalog, PRECISION);
    const { run, placement, release } = await openDawnSession(
      await (opened ??= openDawn()),
      network,
      readWeight,
    );
    expect(placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    const expected = (await readExpected(folder, 'expected.safetensors'))!;
    check(await compareTinyDecoder(expected, PRECISION, run));
    await release();
  });
});

function inHalf(values: Float32Array): Float32Array {
  const halves = Uint16Array.from(values, float16Bits);
  const rounded = new Float32Array(values.length);
  float16ToFloat32(halves, rounded);
  return rounded;
}

/** One device for all models. */
let opened: ReturnType<typeof openDawn> | undefined;

function check(comparisons: readonly Comparison[]): void {
  expect(comparisons.length).toBeGreaterThan(0);
  expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
}
