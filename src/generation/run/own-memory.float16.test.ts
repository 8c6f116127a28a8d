// What our own kernels take of a device's memory is what was reckoned with, to the byte, and is given back; and what becomes of a device
// that is lost or has no memory left. On a WebGPU device (Dawn in Node; it runs with the float16 tests, which bring one).
import { beforeAll, describe, expect, it } from 'vitest';
import { unetNetwork } from '../../models/unet.ts';
import { vaeDecoderNetwork } from '../../models/vae.ts';
import { OutOfMemoryError } from '../../runtime/errors.ts';
import { GpuMemory } from '../../runtime/gpu-memory.ts';
import type { KeptWeights } from '../../runtime/changed-weights.ts';
import type { Sessions } from '../../runtime/sessions.ts';
import { TorchGenerator } from '../../sampling/random/torch-generator.ts';
import { computing } from '../../../tests/computing.ts';
import { keptWeights } from '../../../tests/kept-weights.ts';
import { openDawn } from '../../../tests/ort-dawn.ts';
import { ownSessions } from '../../../tests/own-sessions.ts';
import { tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel, type TinyModel } from '../../../tests/tiny-model.ts';
import { needOf, runOf, type Need } from './run-memory.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';
const ON = computing('own');

/** The tiny models differ in sizes only. */
describe.skipIf(!wanted).each(tinyModels().slice(0, 1))('our own kernels with %s', (name) => {
  let model: TinyModel;
  let weights: KeptWeights;
  beforeAll(async () => {
    model = await loadTinyModel(name);
    weights = await keptWeights(model.checkpoint);
  });

  const unet = () => unetNetwork(model.unet, model.catalog, 'float16');
  const step = (side: number) => ({
    ...{ batch: 1, height: side, width: side, tokens: 77, timesteps: [500] },
    x: new TorchGenerator(1).randn(model.unet.inChannels * side * side),
    context: new TorchGenerator(2).randn(77 * model.unet.contextDim),
    ...(model.unet.vectorDim === null ? {} : { vector: new Float32Array(model.unet.vectorDim) }),
  });
  const vae = () => vaeDecoderNetwork(model.vae, model.catalog, 'float16');
  const latent = (side: number) => ({
    ...{ batch: 1, height: side, width: side },
    latent: new TorchGenerator(3).randn(model.vae.latentChannels * side * side),
  });
  const predict = async (sessions: Sessions, side: number) =>
    (await sessions.open('UNet', weights, unet)).run(step(side));
  const decode = async (sessions: Sessions, side: number) =>
    (await sessions.open('VAE', weights, vae)).run(latent(side));
  const bytes = ({ weights, peak }: Need): number => weights + peak;

  it('take what was reckoned with, and give it back', async () => {
    const { device } = await openDawn();
    const memory = new GpuMemory(device);
    const sessions = await ownSessions(device);
    const small = runOf('UNet', unet(), step(8), ON);
    const large = runOf('UNet', unet(), step(16), ON);
    const picture = runOf('VAE', vae(), latent(8), ON);

    const first = await predict(sessions, 8);
    expect(memory.live).toBe(bytes(needOf(small)));
    await predict(sessions, 16);
    // One network at two sizes: its weights are there once.
    const both = bytes(needOf(small, { ...large, weights: 0 }));
    expect(memory.live).toBe(both);
    const image = await decode(sessions, 8);
    expect(memory.live).toBe(bytes(needOf(small, { ...large, weights: 0 }, picture)));
    // With other memory, which was larger meanwhile, the same numbers.
    await sessions.release('VAE');
    expect(memory.live).toBeLessThanOrEqual(both);
    expect(await predict(sessions, 8)).toEqual(first);

    sessions.oneAtATime = true;
    expect(await decode(sessions, 8)).toEqual(image);
    expect(memory.live).toBe(bytes(needOf(picture)));
    await sessions.release();
    expect(memory.live).toBe(0);
  });

  it('compute the same on the next device when one is lost', async () => {
    const one = await openDawn();
    const sessions = await ownSessions(one.device);
    const before = await predict(sessions, 8);
    one.device.destroy();
    await expect(predict(sessions, 8)).rejects.toThrow();
    await sessions.release().catch(() => undefined);
    const next = await ownSessions((await openDawn()).device);
    expect(await predict(next, 8)).toEqual(before);
    await next.release();
  });

  it('say so where memory runs out, keep nothing of it, and go on with what is left', async () => {
    const { device } = await openDawn();
    const memory = new GpuMemory(device);
    const sessions = await ownSessions(device);
    const image = await decode(sessions, 8);
    const small = memory.live;
    // Drivers hand out more than they have: the device is made to say what it would.
    const { popErrorScope } = device;
    device.popErrorScope = async () => {
      await popErrorScope.call(device);
      return { message: 'made up' };
    };
    await expect(predict(sessions, 16)).rejects.toBeInstanceOf(OutOfMemoryError);
    device.popErrorScope = popErrorScope;
    expect(memory.live).toBeLessThanOrEqual(small);
    expect(await decode(sessions, 8)).toEqual(image);
    expect(memory.live).toBe(small);
    await predict(sessions, 8);
    await sessions.release();
    expect(memory.live).toBe(0);
  });
});
