// A VAE that leaves the range of float16, on a WebGPU device with shader-f16 (see src/models/networks.float16.test.ts): its first
// picture is decoded again in float32, and no other one in vain.
import { expect, it } from 'vitest';
import { toFloat16 } from '../checkpoint/convert.ts';
import type { Precision, WeightRef } from '../graph/types.ts';
import type { Network } from '../models/network.ts';
import { vaeDecoderNetwork } from '../models/vae.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { openDawn, openDawnSession, type DawnSession } from '../../tests/ort-dawn.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, relativeError } from '../../tests/tiny-model.ts';
import { LoadedVae } from './loaded-vae.ts';
import type { NetworkEvent } from './network-event.ts';
import type { NetworkSession } from './session.ts';
import type { StoredWeights } from './weights.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';
const SIDE = 8;
/** What this layer gives is normalised right after it, so that only the range tells. */
const LAYER = /decoder\.conv_in\.(weight|bias)$/;
const FACTOR = 2 ** 18;

it.skipIf(!wanted)('a VAE that overflows in float16 costs one decoding, and is right', async (context) => {
  const name = tinyModels().find((model) => model.startsWith('tiny-sd1')) ?? tinyModels()[0];
  if (name === undefined) return context.skip('no tiny model');
  const model = await loadTinyModel(name);
  const dawn = await openDawn();
  const opened: Precision[] = [];
  const running: DawnSession<never>[] = [];
  const scaled = async (ref: WeightRef, precision: Precision): Promise<Uint8Array> => {
    if (!LAYER.test(ref.name)) return model.readWeight(ref, precision);
    const { buffer, byteOffset, byteLength } = await model.readWeight(ref, 'float32');
    const values = new Float32Array(buffer, byteOffset, byteLength / 4).map((value) => value * FACTOR);
    if (precision === 'float32') return new Uint8Array(values.buffer);
    const halves = new Uint16Array(values.length);
    toFloat16(new Uint8Array(values.buffer), 'F32', halves);
    return new Uint8Array(halves.buffer);
  };
  const sessions = {
    async open<I>(_: string, __: StoredWeights, build: () => Network<I>): Promise<NetworkSession<I>> {
      const network = build();
      opened.push(network.graph.precision);
      const session = await openDawnSession(dawn, network, scaled, false);
      running.push(session);
      const run = (inputs: I, output = network.outputs[0]!) => session.run(inputs, output);
      return { run } as unknown as NetworkSession<I>;
    },
    release: async () => void (await Promise.all(running.splice(0).map((session) => session.release()))),
  };
  const events: NetworkEvent[] = [];
  let overflows = 0;
  const weights = model.catalog as unknown as StoredWeights;
  const latent = Float32Array.from({ length: 4 * SIDE * SIDE }, (_, i) => Math.sin(i * i));
  const vae = new LoadedVae(
    model.vae,
    weights,
    sessions,
    'float16',
    (event) => events.push(event),
    () => (overflows += 1),
  );
  const first = await vae.decode(latent, SIDE, SIDE);
  expect(opened).toEqual(['float16', 'float32']);
  expect(events).toEqual([expect.objectContaining({ type: 'warning' })]);
  expect(overflows).toBe(1);
  expect(await vae.decode(latent, SIDE, SIDE)).toEqual(first);
  expect(opened.slice(2), 'it is not tried again').toEqual(['float32']);
  await vae.release();

  const network = vaeDecoderNetwork(model.vae, model.catalog, 'float32');
  const exact = await openNodeSession(network, scaled);
  const results = await exact.run({ latent, batch: 1, height: SIDE, width: SIDE });
  await exact.release();
  expect(relativeError(first, results[network.outputs[0]!]!.data)).toBeLessThan(5e-5);
});
