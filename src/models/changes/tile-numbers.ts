// HyperTile's arithmetic (tfernd/HyperTile, as webui 1.10.1 has it in extensions-builtin/hypertile/hypertile.py): which layers are tiled,
// and into how many tiles. What it calls width / height is taken for height / width where it looks for the sides of the tokens: for pictures
// that are not square, tiles are not rectangles of the picture.
import { halfToEven } from '../../sampling/half-to-even.ts';
import type { PythonRandom } from '../../sampling/random/python-random.ts';
import type { UNetConfig } from '../types.ts';
import { sizeAtLevel } from '../levels.ts';

/** Tiles are measured in latent cells of so many pixels, and are never smaller than so many pixels. */
const CELL = 8;
const LEAST = 128;

export interface TiledLayer {
  /** Of the self-attention, under the UNet's prefix. */
  readonly name: string;
  /** By HyperTile's count: a tile's least side doubles with each. */
  readonly depth: number;
  /** How often the latent has been halved there. */
  readonly level: number;
}

export interface TileSettings {
  /** Of a side, in pixels. */
  readonly maxTile: number;
  /** Of how many numbers of tiles one is drawn. */
  readonly swapSize: number;
}

/** Rows and columns of tokens, and of tiles. */
export interface Tiling {
  readonly height: number;
  readonly width: number;
  readonly tall: number;
  readonly wide: number;
}

/** HyperTile's lists name blocks of SD 1's and SDXL's UNet, by depth; other blocks are left alone. */
const SD_DEPTHS: readonly (readonly [block: RegExp, depth: number])[] = [
  [/^(input_blocks\.[12]|output_blocks\.(9|10|11))\.1\.transformer_blocks\.0$/, 0],
  [/^(input_blocks\.[45]|output_blocks\.[678])\.1\.transformer_blocks\.0$/, 1],
  [/^(input_blocks\.[78]|output_blocks\.[345])\.1\.transformer_blocks\.0$/, 2],
  [/^middle_block\.1\.transformer_blocks\.0$/, 3],
];
const SDXL_DEPTHS: readonly (readonly [block: RegExp, depth: number])[] = [
  [/^(input_blocks\.[45]|output_blocks\.[345])\.1\.transformer_blocks\.0$/, 0],
  [/^(input_blocks\.[45]|output_blocks\.[345])\.1\.transformer_blocks\.1$/, 1],
  [/^(input_blocks\.[78]|output_blocks\.[012])\.1\.transformer_blocks\.\d$/, 1],
  [/^middle_block\.1\.transformer_blocks\.\d$/, 2],
];

/** In the order in which the network comes to them. */
export function tiledLayers(
  config: Omit<UNetConfig, 'outChannels'>,
  maxDepth: number,
): readonly TiledLayer[] {
  const depths = config.vectorDim === null ? SD_DEPTHS : SDXL_DEPTHS;
  return transformers(config).flatMap(({ name, level }) => {
    const depth = depths.find(([block]) => block.test(name))?.[1];
    return depth === undefined || depth > maxDepth ? [] : [{ name: `${name}.attn1`, depth, level }];
  });
}

function transformers(
  config: Omit<UNetConfig, 'outChannels'>,
): readonly { readonly name: string; readonly level: number }[] {
  const found: { name: string; level: number }[] = [];
  const add = (block: string, depth: number, level: number): void => {
    for (let i = 0; i < depth; i++) found.push({ name: `${block}.1.transformer_blocks.${i}`, level });
  };
  const last = config.channelMult.length - 1;
  let block = 1;
  for (const [level, depth] of config.transformerDepth.entries()) {
    for (let i = 0; i < config.resBlocks[level]!; i++) add(`input_blocks.${block++}`, depth, level);
    // A convolution leads further down.
    block++;
  }
  add('middle_block', config.middleTransformerDepth, last);
  block = 0;
  for (let level = last; level >= 0; level--) {
    const depth = config.transformerDepth[level]!;
    for (let i = 0; i <= config.resBlocks[level]!; i++) add(`output_blocks.${block++}`, depth, level);
  }
  return found;
}

/** The tiles of each layer in one call of a network, drawn anew with each. `size`: of the latent. */
export function drawTilings(
  layers: readonly TiledLayer[],
  size: { readonly height: number; readonly width: number },
  { maxTile, swapSize }: TileSettings,
  random: PythonRandom,
): readonly Tiling[] {
  const least = leastTile(CELL * size.width, CELL * size.height, maxTile);
  const drawn = (value: number, depth: number): number => {
    const numbers = tileNumbers(value, least * 2 ** depth, swapSize);
    return numbers[random.randint(0, numbers.length - 1)]!;
  };
  return layers.map(({ depth, level }) => {
    const own = sizeAtLevel(size, level);
    const { height, width } = sidesOf(own.height * own.width, size.width / size.height);
    // Rows are drawn first.
    const tall = drawn(height, depth);
    return { height, width, tall, wide: drawn(width, depth) };
  });
}

/** In latent cells, at depth 0. Sides in pixels. */
export function leastTile(width: number, height: number, maxTile: number): number {
  return Math.floor(Math.max(LEAST, Math.min(largestTile(width, height), maxTile)) / CELL);
}

/** The largest power of two that divides both sides. */
export function largestTile(width: number, height: number): number {
  let size = 1;
  while (width % (2 * size) === 0 && height % (2 * size) === 0) size *= 2;
  return size;
}

/** How many tiles a side may have: as few options as asked for, the smallest tiles first. */
export function tileNumbers(value: number, least: number, options: number): readonly number[] {
  const numbers: number[] = [];
  for (let tile = Math.min(least, value); tile <= value && numbers.length < Math.max(1, options); tile++) {
    if (value % tile === 0) numbers.push(value / tile);
  }
  return numbers;
}

/** The sides that it finds for so many tokens. */
export function sidesOf(tokens: number, aspect: number): { readonly height: number; readonly width: number } {
  const height = halfToEven(Math.sqrt(tokens * aspect));
  const width = halfToEven(Math.sqrt(tokens / aspect));
  if (height * width === tokens) return { height, width };
  if (tokens % height === 0) return { height, width: tokens / height };
  if (tokens % width === 0) return { height: tokens / width, width };
  const divisors = Array.from({ length: tokens - 1 }, (_, i) => i + 2).filter((i) => tokens % i === 0);
  // Here width / height is what it says; of equally near ones the first counts.
  const farness = (side: number): number => Math.abs(tokens / side / side - aspect);
  const best = divisors.reduce((nearest, side) => (farness(side) < farness(nearest) ? side : nearest));
  return { height: best, width: tokens / best };
}
