// The VAE as the engine holds it: what is set between two pictures counts for the next one, whole and in tiles.
import { expect, it } from 'vitest';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../models/vae.ts';
import { nodeSessions } from '../../tests/node-sessions.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, relativeError } from '../../tests/tiny-model.ts';
import { DEFAULT_LOAD_OPTIONS, type LoadOptions } from './load-options.ts';
import { LoadedVae } from './loaded-vae.ts';
import type { StoredWeights } from './weights.ts';

const [HEIGHT, WIDTH] = [6, 9];

const name = tinyModels()[0];
it.skipIf(name === undefined)('is circular and in tiles as it is told', async () => {
  const model = await loadTinyModel(name!);
  const { vae, catalog, readWeight } = model;
  const sessions = nodeSessions(readWeight);
  const loaded = new LoadedVae(
    vae,
    catalog as unknown as StoredWeights,
    sessions,
    'float32',
    () => undefined,
    () => undefined,
  );
  const latent = Float32Array.from({ length: vae.latentChannels * HEIGHT * WIDTH }, (_, i) =>
    Math.sin(i * i),
  );
  const image = Float32Array.from({ length: 3 * 64 * HEIGHT * WIDTH }, (_, i) => Math.cos(i * i));
  const picture = { image, batch: 1, height: 8 * HEIGHT, width: 8 * WIDTH };

  const expected = async (circular: boolean) => {
    const decoder = await openNodeSession(
      vaeDecoderNetwork(vae, catalog, 'float32', { circular }),
      readWeight,
    );
    const encoder = await openNodeSession(
      vaeEncoderNetwork(vae, catalog, 'float32', { circular }),
      readWeight,
    );
    const decoded = await decoder.run({ latent, batch: 1, height: HEIGHT, width: WIDTH });
    const { mean } = await encoder.run(picture, ['mean']);
    for (const session of [decoder, encoder]) await session.release();
    return { decoded: decoded['image']!.data, encoded: mean!.data.map((value) => value * vae.scaleFactor) };
  };
  const [plain, circular] = [await expected(false), await expected(true)];
  expect(relativeError(plain.decoded, circular.decoded)).toBeGreaterThan(0.01);
  expect(relativeError(plain.encoded, circular.encoded)).toBeGreaterThan(0.01);

  const told: Partial<LoadOptions>[] = [
    ...[{}, { circular: true }, { circular: true, tiledVae: true }, { tiledVae: true }],
    ...[{ circular: true }, {}],
  ];
  for (const options of told) {
    await loaded.prepare({ ...DEFAULT_LOAD_OPTIONS, ...options });
    const { decoded, encoded } = options.circular ? circular : plain;
    const what = JSON.stringify(options);
    expect(relativeError(await loaded.decode(latent, HEIGHT, WIDTH), decoded), what).toBeLessThan(1e-5);
    const latentOf = await loaded.encode(image, picture.height, picture.width);
    expect(relativeError(latentOf, encoded), what).toBeLessThan(1e-5);
  }
  await loaded.release();
});
