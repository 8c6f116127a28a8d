// A large picture decoded in tiles against the same decoded whole, with the VAE of a checkpoint of full size on onnxruntime's
// CPU: how much they differ, and whether more so at the tiles' edges, where a seam would be seen.
//
//   npm run check-tiles -- FILE [--size 1024x768]
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeInTiles, TILE_SIZE } from '../src/runtime/tiled-vae.ts';
import { cutTiles } from '../src/image/tiles.ts';
import type { Network } from '../src/models/network.ts';
import { vaeDecoderNetwork } from '../src/models/vae.ts';
import { decoderStemNetwork, decoderTileNetwork } from '../src/models/vae-tiles.ts';
import { TorchGenerator } from '../src/sampling/random/torch-generator.ts';
import { openNodeSession, type NodeSession } from '../tests/ort-node.ts';
import { openWeights } from './checkpoint-weights.ts';

const USAGE = 'Usage: npm run check-tiles -- FILE [--size 1024x768]';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '1024x768' } },
});
const [named] = positionals;
const [width = NaN, height = NaN] = values.size.split('x').map(Number);
const fits = (n: number) => Number.isInteger(n) && n >= 64 && n % 8 === 0;
if (named === undefined || !fits(width) || !fits(height)) throw new Error(USAGE);

const weights = await openWeights(resolve(process.env['INIT_CWD'] ?? '.', named));
const { networks, label } = weights.detection;
if (!networks?.vae) throw new Error(`${label} has no VAE.`);
const { vae } = networks;
const [rows, columns] = [height / 8, width / 8];
const latent = new TorchGenerator(1).randn(vae.latentChannels * rows * columns);

const whole = await timed('whole', async () => {
  const session = await load(vaeDecoderNetwork(vae, weights.catalog, 'float32'));
  const { image } = await session.run({ latent, batch: 1, height: rows, width: columns });
  await session.release();
  return image!.data;
});
let tilesRun = 0;
const tiled = await timed('in tiles', async () => {
  const stem = await load(decoderStemNetwork(vae, weights.catalog, 'float32'));
  const tile = await load(decoderTileNetwork(vae, weights.catalog, 'float32'));
  const parts = {
    stem: async (inputs: Parameters<typeof stem.run>[0]) => (await stem.run(inputs))['features']!.data,
    tile: async (inputs: Parameters<typeof tile.run>[0]) => {
      const { out, moments } = await tile.run(inputs);
      return { out: out!.data, moments: moments!.data };
    },
  };
  const image = await decodeInTiles(vae, parts, latent, rows, columns, { onTile: () => tilesRun++ });
  await stem.release();
  await tile.release();
  return image;
});

/** How the difference changes from one pixel to the next. */
interface Steps {
  count: number;
  squares: number;
  largest: number;
}

const steps = (): Steps => ({ count: 0, squares: 0, largest: 0 });
const [edges, elsewhere] = [steps(), steps()];
const levels = (value: number) => (Math.min(1, Math.max(-1, value)) + 1) * 127.5;
const difference = Float32Array.from(whole, (value, i) => levels(tiled[i]!) - levels(value));
const tiles = cutTiles(height, width, TILE_SIZE, 0);
const lefts = new Set(tiles.map(({ core }) => core.left));
const tops = new Set(tiles.map(({ core }) => core.top));
let largest = 0;
for (const [i, value] of difference.entries()) {
  const [x, y] = [i % width, Math.floor(i / width) % height];
  largest = Math.max(largest, Math.abs(value));
  if (x > 0) add(lefts.has(x) ? edges : elsewhere, value - difference[i - 1]!);
  if (y > 0) add(tops.has(y) ? edges : elsewhere, value - difference[i - width]!);
}
console.log(
  `${label}, ${width}x${height}: ${tiles.length} tiles, ${tilesRun / tiles.length} passes over them`,
);
console.log(`Difference to the whole: at most ${largest.toFixed(3)} of 255 levels`);
console.log(
  `Its steps from a pixel to the next: ${said(edges)} across tiles' edges, ${said(elsewhere)} elsewhere`,
);

function add(to: Steps, step: number): void {
  to.count++;
  to.squares += step * step;
  to.largest = Math.max(to.largest, Math.abs(step));
}

function said({ count, squares, largest }: Steps): string {
  return `${Math.sqrt(squares / count).toFixed(4)} (RMS), at most ${largest.toFixed(3)}`;
}

async function load<I>(network: Network<I>): Promise<NodeSession<I>> {
  return openNodeSession(network, (ref, precision) => weights.read(ref, precision, true));
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return result;
}
