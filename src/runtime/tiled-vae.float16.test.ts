// The VAE in tiles by our own kernels gives what the whole VAE gives, on a WebGPU device (Dawn in Node; it runs with the float16 tests,
// which bring one). tiled-vae.reference.test.ts asks more, of onnxruntime.
import { expect, it } from 'vitest';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../models/vae.ts';
import {
  decoderStemNetwork,
  decoderTileNetwork,
  encoderStemNetwork,
  encoderTileNetwork,
  type VaeTileInputs,
} from '../models/vae-tiles.ts';
import { TorchGenerator } from '../sampling/random/torch-generator.ts';
import { keptWeights } from '../../tests/kept-weights.ts';
import { openDawn } from '../../tests/ort-dawn.ts';
import { ownSessions } from '../../tests/own-sessions.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, relativeError } from '../../tests/tiny-model.ts';
import type { Session } from './session.ts';
import { decodeInTiles, encodeInTiles, type RunTile } from './tiled-vae.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';
/** Latent pixels: two tiles by one, of unequal sizes. */
const [HEIGHT, WIDTH, TILE] = [9, 6, 48];
/** Of the largest value. Half a level of 255 is 0.002 of the range. */
const TOLERANCE = 4e-3;

it.skipIf(!wanted || tinyModels().length === 0)('the VAE in tiles by our own kernels', async () => {
  const { vae, catalog, checkpoint } = await loadTinyModel(tinyModels()[0]!);
  const weights = await keptWeights(checkpoint);
  const sessions = await ownSessions((await openDawn()).device);
  const runTile =
    (session: Session<VaeTileInputs>): RunTile =>
    async (inputs) => {
      const [out, moments] = await session.runAll(inputs, ['out', 'moments']);
      return { out: out!, moments: moments! };
    };
  const size = { batch: 1, height: HEIGHT, width: WIDTH };
  const latent = new TorchGenerator(3)
    .randn(vae.latentChannels * HEIGHT * WIDTH)
    .map((value, i) => (i % WIDTH < WIDTH / 2 ? 0.1 * value : 2 * value));
  const decoder = await sessions.open('VAE', weights, () => vaeDecoderNetwork(vae, catalog, 'float32'));
  const stem = await sessions.open('VAE stem', weights, () => decoderStemNetwork(vae, catalog, 'float32'));
  const tile = await sessions.open('VAE tile', weights, () => decoderTileNetwork(vae, catalog, 'float32'));
  const parts = {
    stem: (inputs: typeof size & { latent: Float32Array }) => stem.run(inputs),
    tile: runTile(tile),
  };
  const tiled = await decodeInTiles(vae, parts, latent, HEIGHT, WIDTH, { tileSize: TILE });
  expect(relativeError(tiled, await decoder.run({ ...size, latent }))).toBeLessThan(TOLERANCE);

  const [height, width] = [8 * HEIGHT, 8 * WIDTH];
  const image = new TorchGenerator(4)
    .randn(vae.inChannels * height * width)
    .map((value, i) => 0.3 * (i % width < width / 2 ? 0.1 * value : value));
  const encoder = await sessions.open('VAE encoder', weights, () =>
    vaeEncoderNetwork(vae, catalog, 'float32'),
  );
  const mean = await encoder.run({ image, batch: 1, height, width }, 'mean');
  const ends = await sessions.open('stem', weights, () => encoderStemNetwork(vae, catalog, 'float32'));
  const tiles = await sessions.open('tile', weights, () => encoderTileNetwork(vae, catalog, 'float32'));
  const encoded = await encodeInTiles(
    vae,
    { stem: (features) => ends.run(features, 'mean'), tile: runTile(tiles) },
    image,
    ...([height, width, { tileSize: TILE }] as const),
  );
  const expected = mean.map((value) => value * vae.scaleFactor);
  expect(relativeError(encoded, expected)).toBeLessThan(TOLERANCE);
  expect(sessions.loaded.every(({ kernels }) => kernels === 'own')).toBe(true);
  await sessions.release();
});
