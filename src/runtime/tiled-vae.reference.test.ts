// The VAE in tiles gives what the whole VAE gives, on onnxruntime's CPU.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../models/vae.ts';
import {
  decoderStemNetwork,
  decoderTileNetwork,
  encoderStemNetwork,
  encoderTileNetwork,
  type VaeTileInputs,
} from '../models/vae-tiles.ts';
import { TorchGenerator } from '../sampling/random/torch-generator.ts';
import { openNodeSession, type NodeSession } from '../../tests/ort-node.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, relativeError, type TinyModel } from '../../tests/tiny-model.ts';
import { decodeInTiles, encodeInTiles, type RunTile } from './tiled-vae.ts';

/** Latent pixels: three tiles by two of at most 48 pixels, of unequal sizes. */
const [HEIGHT, WIDTH, TILE] = [17, 12, 48];
/** Of the largest value. Half a level of 255 is 0.002 of the range. */
const TOLERANCE = 4e-3;
/** What arithmetic in another order changes. */
const ROUNDING = 1e-5;

/** Calm on the left, wild on the right: tiles whose statistics differ much from each other's. */
function uneven(channels: number, height: number, width: number, amplitude: number): Float32Array {
  const noise = new TorchGenerator(3).randn(channels * height * width);
  return noise.map((value, i) => amplitude * (i % width < width / 2 ? 0.3 + 0.1 * value : 1 + 2 * value));
}

const runTile =
  (session: NodeSession<VaeTileInputs>): RunTile =>
  async (inputs) => {
    const { out, moments } = await session.run(inputs);
    return { out: out!.data, moments: moments!.data };
  };

/** The VAEs differ in sizes only, and the passes take their time. */
const models = tinyModels().slice(0, 1);
describe.skipIf(models.length === 0).each(models)('VAE of %s in tiles', (name) => {
  let model: TinyModel;
  const opened: { release(): Promise<void> }[] = [];
  const open = async <I>(network: Parameters<typeof openNodeSession<I>>[0]): Promise<NodeSession<I>> => {
    const session = await openNodeSession(network, model.readWeight);
    opened.push(session);
    return session;
  };
  beforeAll(async () => {
    model = await loadTinyModel(name);
  });
  afterAll(async () => {
    for (const session of opened) await session.release();
  });

  it('decodes', async () => {
    const { vae, catalog } = model;
    const latent = uneven(vae.latentChannels, HEIGHT, WIDTH, 1);
    const whole = await open(vaeDecoderNetwork(vae, catalog, 'float32'));
    const expected = (await whole.run({ latent, batch: 1, height: HEIGHT, width: WIDTH }))['image']!.data;

    const stem = await open(decoderStemNetwork(vae, catalog, 'float32'));
    const tile = runTile(await open(decoderTileNetwork(vae, catalog, 'float32')));
    const parts = {
      stem: async (i: Parameters<typeof stem.run>[0]) => (await stem.run(i))['features']!.data,
      tile,
    };
    const decode = (options: Parameters<typeof decodeInTiles>[5]) =>
      decodeInTiles(vae, parts, latent, HEIGHT, WIDTH, { tileSize: TILE, ...options });

    let [last, announced] = [0, 0];
    const onTile = (done: number, total: number) => ([last, announced] = [done, total]);
    expect(relativeError(await decode({ onTile }), expected)).toBeLessThan(TOLERANCE);
    expect(last).toBeLessThan(announced);
    expect(relativeError(await decode({ tileSize: 8 * HEIGHT }), expected)).toBeLessThan(ROUNDING);
    // The tiles' own statistics, taken for the picture's, would not do.
    const alone: RunTile = (inputs) => tile({ ...inputs, statistics: null });
    const naive = await decodeInTiles(vae, { ...parts, tile: alone }, latent, HEIGHT, WIDTH, {
      tileSize: TILE,
    });
    expect(relativeError(naive, expected)).toBeGreaterThan(10 * TOLERANCE);
  });

  // The smallest is narrower than what its tile looks at beyond its edges.
  it.each([
    [HEIGHT, WIDTH],
    [6, 7],
  ])('decodes what continues at the opposite edges, %i x %i', async (height, width) => {
    const { vae, catalog } = model;
    const latent = uneven(vae.latentChannels, height, width, 1);
    const whole = await open(vaeDecoderNetwork(vae, catalog, 'float32', { circular: true }));
    const expected = (await whole.run({ latent, batch: 1, height, width }))['image']!.data;
    const stem = await open(decoderStemNetwork(vae, catalog, 'float32', { circular: true }));
    const parts = {
      stem: async (i: Parameters<typeof stem.run>[0]) => (await stem.run(i))['features']!.data,
      tile: runTile(await open(decoderTileNetwork(vae, catalog, 'float32'))),
    };
    const decode = (options: Parameters<typeof decodeInTiles>[5]) =>
      decodeInTiles(vae, parts, latent, height, width, { tileSize: TILE, ...options });
    expect(relativeError(await decode({ wraps: true }), expected)).toBeLessThan(TOLERANCE);
    const alone = { wraps: true, tileSize: 8 * Math.max(height, width) };
    expect(relativeError(await decode(alone), expected)).toBeLessThan(ROUNDING);
    expect(relativeError(await decode({}), expected)).toBeGreaterThan(10 * TOLERANCE);
  });

  it('encodes', async () => {
    const { vae, catalog } = model;
    const [height, width] = [8 * HEIGHT, 8 * WIDTH];
    const image = uneven(vae.inChannels, height, width, 0.3);
    const whole = await open(vaeEncoderNetwork(vae, catalog, 'float32'));
    const mean = (await whole.run({ image, batch: 1, height, width }, ['mean']))['mean']!.data;
    const expected = mean.map((value) => value * vae.scaleFactor);

    const stem = await open(encoderStemNetwork(vae, catalog, 'float32'));
    const tile = runTile(await open(encoderTileNetwork(vae, catalog, 'float32')));
    const parts = {
      stem: async (inputs: Parameters<typeof stem.run>[0]) =>
        (await stem.run(inputs, ['mean']))['mean']!.data,
      tile,
    };
    const encode = (options: Parameters<typeof encodeInTiles>[5]) =>
      encodeInTiles(vae, parts, image, height, width, { tileSize: TILE, ...options });
    expect(relativeError(await encode({}), expected)).toBeLessThan(TOLERANCE);
    // As many passes as there are norms, and one more that uses the last one's statistics, make it exact.
    expect(relativeError(await encode({ tolerance: 0 }), expected)).toBeLessThan(ROUNDING);
  });
});
