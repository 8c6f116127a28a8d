// Add-ons that come and go over weights on the GPU: what networks compute with them is the reference's, and what is left when they
// are gone is the base to the byte. On a WebGPU device (Dawn in Node; it runs with the float16 tests, which bring one).
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readAddOn } from '../add-ons/file.ts';
import { layersOf } from '../add-ons/layers.ts';
import { LoraChanges } from '../add-ons/lora-changes.ts';
import { NO_ADD_ONS, type ModelAddOns } from '../add-ons/weight-changes.ts';
import type { Precision } from '../graph/types.ts';
import { textEncoderNetwork } from '../models/text-encoder.ts';
import { unetNetwork } from '../models/unet.ts';
import { TOLERANCES } from '../../tests/goldens.ts';
import { keptWeights } from '../../tests/kept-weights.ts';
import { loraFolders, readLoraFolder, type LoraFolder, type LoraRun } from '../../tests/lora-runs.ts';
import { roundingOf } from '../../tests/lora-rounding.ts';
import { openDawn, type Dawn } from '../../tests/ort-dawn.ts';
import { ownSessions } from '../../tests/own-sessions.ts';
import {
  loadTinyModel,
  readExpected,
  relativeError,
  type Tensors,
  type TinyModel,
} from '../../tests/tiny-model.ts';
import { ChangedWeights } from './changed-weights.ts';
import { InterruptedError } from './errors.ts';
import type { Sessions } from './sessions.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';
const folders = loraFolders();

describe.skipIf(!wanted || folders.length === 0).each(folders)(
  '$folder over weights on the GPU',
  ({ folder, model: name }) => {
    let dawn: Dawn;
    let model: TinyModel;
    let lora: LoraFolder;
    let text: Tensors;
    let unet: Tensors;
    let open: Opened | undefined;
    const first = folder === folders[0]?.folder;

    beforeAll(async () => {
      dawn = await (device ??= openDawn());
      model = await loadTinyModel(name);
      lora = await readLoraFolder(folder);
      unet = (await readExpected(name, 'unet.safetensors'))!;
      text = (await readExpected(name, 'text.safetensors'))!;
    });
    afterEach(() => open?.sessions.release());

    interface Opened {
      readonly sessions: Sessions;
      use(run: LoraRun | null, stopped?: () => boolean): Promise<void>;
      predict(): Promise<Float32Array>;
      /** By encoder, the state that the reference tells. */
      encode(encoder: number): Promise<{ readonly key: string; readonly state: Float32Array }>;
    }

    async function opened(precision: Precision): Promise<Opened> {
      const sessions = await ownSessions(dawn.device);
      const weights = new ChangedWeights(await keptWeights(model.checkpoint));
      const isXl = model.unet.vectorDim !== null;
      return (open = {
        sessions,
        use: async (run, stopped) => {
          const addOns = run ? await addOnsOf(model, run) : NO_ADD_ONS;
          await sessions.changed(weights, weights.use(addOns), stopped);
        },
        predict: async () => {
          const session = await sessions.open('UNet', weights, () =>
            unetNetwork(model.unet, weights, precision),
          );
          const [x, context] = [unet.get('u0.x')!, unet.get('u0.context')!];
          const vector = unet.get('u0.y')?.data;
          return session.run({
            x: x.data,
            ...{ batch: x.dims[0]!, height: x.dims[2]!, width: x.dims[3]!, tokens: context.dims[1]! },
            timesteps: unet.get('u0.t')!.data,
            context: context.data,
            ...(vector ? { vector } : {}),
          });
        },
        encode: async (encoder) => {
          const config = model.textEncoders[encoder]!;
          const side = isXl ? (config.type === 'clip' ? 'l' : 'g') : '';
          const session = await sessions.open(`text encoder ${encoder}`, weights, () =>
            textEncoderNetwork(config, weights, precision, { pooled: side === 'g' }),
          );
          const tokens = text.get(`p1.tokens${side && `_${side}`}`)!;
          const state = isXl ? 'hidden.2' : config.type === 'clip' ? 'skip.1' : 'skip.2';
          const inputs = { tokens: Int32Array.from(tokens.data), chunks: tokens.dims[0]! };
          return { key: `text${side}`, state: await session.run(inputs, state) };
        },
      });
    }

    /** Of each kind of change one run with each strength, and all that join several. */
    it.each(first ? (['float16', 'float32'] as const) : (['float16'] as const))(
      'gives the reference numbers in %s',
      async (precision) => {
        const { use, predict, encode } = await opened(precision);
        for (const run of lora.runs) {
          await use(run);
          const out = await predict();
          const error = relativeError(out, lora.expected.get(`${run.name}.u0.out`)!.data);
          const limit = TOLERANCES[precision].unet;
          // Some files at full strength make a network that enlarges roundings.
          const allowed = error < limit ? limit : 10 * (await roundingOf(model, unet, run, precision));
          expect(error, run.name).toBeLessThan(allowed);
          for (const encoder of model.textEncoders.keys()) {
            const { key, state } = await encode(encoder);
            const want = lora.expected.get(`${run.name}.${key}`);
            if (!want) continue;
            expect(relativeError(state, want.data), `${run.name}.${key}`).toBeLessThan(
              TOLERANCES[precision].text,
            );
          }
        }
        expect(lora.runs.length).toBeGreaterThan(1);
      },
    );

    it('leaves the bytes of the base, whatever came and went', async () => {
      const buffers = copiedBuffers(dawn.device);
      const { use, predict, encode } = await opened('float16');
      await predict();
      await encode(0);
      const base = await buffers.read();
      const runs = lora.runs.filter(({ used }) => used.length > 0);
      const programs = buffers.shaders();
      let changed = 0;
      const times = first ? 100 : 6;
      for (let i = 0; i < times; i++) {
        await use(runs[(i * 7) % runs.length]!);
        // Over another one as well as over none.
        if (i % 3 === 2) {
          const now = await buffers.read();
          if (now.some((bytes, at) => !bytes.equals(base[at]!))) changed++;
          continue;
        }
        await use(null);
      }
      await use(null);
      const after = await buffers.read();
      expect(after.length).toBe(base.length);
      expect(after.every((bytes, at) => bytes.equals(base[at]!))).toBe(true);
      expect(changed).toBe(Math.floor(times / 3));
      // One shader adds a product to what is packed, whatever it is.
      expect(buffers.shaders() - programs).toBeLessThanOrEqual(2);
      buffers.forget();
    });

    it('can be interrupted, and goes on before anything is run', async () => {
      const { use, predict } = await opened('float16');
      const run = lora.runs.find(({ used }) => used.length > 0)!;
      await use(run);
      const whole = await predict();
      await use(null);
      const plain = await predict();
      expect(whole).not.toEqual(plain);
      let left = 5;
      await expect(use(run, () => left-- === 0)).rejects.toThrow(InterruptedError);
      expect(await predict()).toEqual(whole);
      left = 5;
      await expect(use(null, () => left-- === 0)).rejects.toThrow(InterruptedError);
      await use(run);
      await use(null);
      expect(await predict()).toEqual(plain);
    });
  },
);

async function addOnsOf({ checkpoint }: TinyModel, { used }: LoraRun): Promise<ModelAddOns> {
  const layers = layersOf(checkpoint.tensors.values());
  const opened = used.map((one, index) => ({
    ...one,
    name: `file ${index}`,
    sha256: JSON.stringify([...one.checkpoint.tensors.keys()]),
    file: readAddOn(one.checkpoint, layers),
  }));
  const changes = new LoraChanges(layers, opened, (remark) => {
    throw new Error(remark);
  });
  await changes.load();
  return { changes, hypernetworks: null };
}

/** Watches what is made on the device: buffers of weights can be read, and shaders are counted. */
function copiedBuffers(device: GPUDevice) {
  const { createBuffer, createShaderModule } = device;
  const made: GPUBuffer[] = [];
  let shaders = 0;
  device.createBuffer = function (descriptor) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const isWeight = descriptor.usage === usage && /^(columns|rows) /.test(descriptor.label ?? '');
    const own = isWeight ? { ...descriptor, usage: usage | GPUBufferUsage.COPY_SRC } : descriptor;
    const buffer = createBuffer.call(this, own);
    if (isWeight) made.push(buffer);
    return buffer;
  };
  device.createShaderModule = function (descriptor) {
    shaders++;
    return createShaderModule.call(this, descriptor);
  };
  return {
    shaders: () => shaders,
    read: () => Promise.all(made.map((buffer) => bytesOf(device, buffer))),
    forget: () => Object.assign(device, { createBuffer, createShaderModule }),
  };
}

async function bytesOf(device: GPUDevice, source: GPUBuffer): Promise<Buffer> {
  const copy = device.createBuffer({
    size: source.size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, copy, 0, source.size);
  device.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  const bytes = Buffer.from(copy.getMappedRange().slice(0));
  copy.destroy();
  return bytes;
}

/** One device for all models. */
let device: Promise<Dawn> | undefined;
