// A picture through a network that enlarges it, whole or in tiles, as A1111 does it (modules/upscaler_utils.py).
//
// Two ways of its: `upscale_with_model` makes bytes of every tile and blends those where tiles overlap; `tiled_upscale_2`, for
// SwinIR, averages the network's numbers. Networks are given blue, green and red, in that order, as all of A1111's upscalers are.
import { ImageError } from '../image/errors.ts';
import { halfToEven } from '../sampling/half-to-even.ts';
import { withoutAlpha, type PixelImage } from '../image/pixels.ts';
import { cutIntoTiles, joinTiles, tileGrid } from '../image/tile-grid.ts';
import { cutOut, emptyPlanes, scaled, type Area, type Planes } from '../image/tiles.ts';

export interface UpscalerNetwork {
  readonly scale: number;
  readonly tiles: 'blended' | 'averaged';
  /** [3, height, width], 0..1 -> [3, scale * height, scale * width], not clamped. */
  run(picture: Planes): Promise<Planes>;
}

export interface TileOptions {
  /** Pixels of a tile's sides; 0 for the whole picture at once. */
  readonly tileSize: number;
  /** Less than that. */
  readonly overlap: number;
  /** Called before each tile with how many are done, and how many there are. What it throws ends the work. */
  readonly onTile?: (done: number, total: number) => void | Promise<void>;
}

/** Beyond, its bytes and those of its tiles are more than a browser holds. */
const MAX_PIXELS = 2 ** 27;

/** One pass: `network.scale` times as large. RGB. Rejects with ImageError for what would become too large. */
export async function enlargeBy(
  network: UpscalerNetwork,
  picture: PixelImage,
  options: TileOptions,
): Promise<PixelImage> {
  const { scale } = network;
  const [width, height] = [scale * picture.width, scale * picture.height];
  if (width * height > MAX_PIXELS) {
    throw new ImageError(
      `On its way it would become ${width} x ${height}, which is too large; take a smaller scale, or an upscaler that enlarges less.`,
    );
  }
  return network.tiles === 'averaged'
    ? averaged(network, picture, options)
    : blended(network, picture, options);
}

async function blended(
  network: UpscalerNetwork,
  picture: PixelImage,
  { tileSize, overlap, onTile }: TileOptions,
): Promise<PixelImage> {
  const patch = async (tile: PixelImage) => toPixels(await network.run(toPlanes(tile)));
  if (tileSize <= 0) {
    await onTile?.(0, 1);
    return patch(picture);
  }
  const grid = tileGrid(picture, tileSize, tileSize, overlap);
  const tiles = cutIntoTiles(withoutAlpha(picture), grid);
  const large: PixelImage[] = [];
  for (const [index, tile] of tiles.entries()) {
    await onTile?.(index, tiles.length);
    large.push(await patch(tile));
  }
  const by = network.scale;
  const times = (edges: readonly number[]): number[] => edges.map((edge) => edge * by);
  return joinTiles(large, {
    width: by * grid.width,
    height: by * grid.height,
    tileWidth: by * grid.tileWidth,
    tileHeight: by * grid.tileHeight,
    overlap: by * grid.overlap,
    lefts: times(grid.lefts),
    tops: times(grid.tops),
  });
}

async function averaged(
  network: UpscalerNetwork,
  picture: PixelImage,
  { tileSize, overlap, onTile }: TileOptions,
): Promise<PixelImage> {
  const from = toPlanes(picture);
  const { height, width } = from;
  const size = Math.min(tileSize > 0 ? tileSize : Infinity, height, width);
  if (tileSize <= 0) {
    await onTile?.(0, 1);
    return toPixels(await network.run(from));
  }
  const edges = (side: number): number[] => {
    const stride = Math.max(1, size - overlap);
    return [...Array.from({ length: Math.ceil((side - size) / stride) }, (_, i) => i * stride), side - size];
  };
  const areas = edges(height).flatMap((top) =>
    edges(width).map((left) => ({ top, left, bottom: top + size, right: left + size })),
  );
  const by = network.scale;
  const sum = emptyPlanes(3, by * height, by * width);
  const weights = emptyPlanes(1, by * height, by * width);
  for (const [index, area] of areas.entries()) {
    await onTile?.(index, areas.length);
    add(await network.run(cutOut(from, area)), sum, weights, scaled(area, by));
  }
  const plane = sum.height * sum.width;
  return toPixels({ ...sum, data: sum.data.map((value, i) => value / weights.data[i % plane]!) });
}

/** What a network gives is clamped before anything else. */
function add(tile: Planes, sum: Planes, weights: Planes, { top, left, bottom, right }: Area): void {
  const width = right - left;
  for (let y = top; y < bottom; y += 1) {
    for (let channel = 0; channel < sum.channels; channel += 1) {
      const from = (channel * tile.height + (y - top)) * tile.width;
      const to = (channel * sum.height + y) * sum.width + left;
      for (let x = 0; x < width; x += 1) sum.data[to + x] = sum.data[to + x]! + unit(tile.data[from + x]!);
    }
    const to = y * weights.width + left;
    for (let x = 0; x < width; x += 1) weights.data[to + x] = weights.data[to + x]! + 1;
  }
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Blue, green, red, 0..1. An alpha channel is left out. */
function toPlanes({ width, height, channels, data }: PixelImage): Planes {
  const planes = emptyPlanes(3, height, width);
  const area = width * height;
  for (let c = 0; c < 3; c += 1) {
    for (let i = 0; i < area; i += 1) planes.data[(2 - c) * area + i] = data[i * channels + c]! / 255;
  }
  return planes;
}

/** Rounded as numpy does: halves to even. */
function toPixels({ data, width, height }: Planes): PixelImage {
  const area = width * height;
  const bytes = new Uint8Array(3 * area);
  for (let c = 0; c < 3; c += 1) {
    for (let i = 0; i < area; i += 1)
      bytes[3 * i + c] = halfToEven(Math.fround(255 * unit(data[(2 - c) * area + i]!)));
  }
  return { width, height, channels: 3, data: bytes };
}
