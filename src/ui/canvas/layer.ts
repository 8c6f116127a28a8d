// What was painted, as pixels in tiles: where nothing was painted there is no tile, and what is undone is kept by the tile.
import type { Raster } from '../../image/resize.ts';
import { intersection, NOWHERE, union, type Rect, type Size } from './geometry.ts';

/** Side of a tile in pixels. */
export const TILE = 256;
const TILE_BYTES = TILE * TILE * 4;

/** Red, green, blue, alpha of every pixel of a tile, not multiplied; null where all of it is transparent. */
export type Tile = Uint8ClampedArray<ArrayBuffer> | null;

/** Red, green and blue, each 0..255. */
export type Color = readonly [number, number, number];

/** Tiles as they were, by index. */
export type Patch = ReadonlyMap<number, Tile>;

export class Layer {
  readonly columns: number;
  readonly rows: number;
  readonly #tiles: Tile[];
  #changed: Rect = NOWHERE;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.columns = Math.ceil(width / TILE);
    this.rows = Math.ceil(height / TILE);
    this.#tiles = Array.from({ length: this.columns * this.rows }, () => null);
  }

  get bounds(): Rect {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** Nothing is painted. */
  get isEmpty(): boolean {
    return this.#tiles.every((tile) => tile === null || !hasPaint(tile));
  }

  tile(index: number): Tile {
    return this.#tiles[index] ?? null;
  }

  /** One that can be painted on. */
  ownTile(index: number): Uint8ClampedArray<ArrayBuffer> {
    return (this.#tiles[index] ??= new Uint8ClampedArray(TILE_BYTES));
  }

  /** The part of the layer that a tile holds. */
  boundsOf(index: number): Rect {
    const [column, row] = [index % this.columns, Math.floor(index / this.columns)];
    return intersection(this.bounds, { x: column * TILE, y: row * TILE, width: TILE, height: TILE });
  }

  /** Indices of the tiles that have pixels of `area`. */
  tilesIn(area: Rect): number[] {
    const { x, y, width, height } = intersection(area, this.bounds);
    if (width === 0) return [];
    const indices: number[] = [];
    for (let row = Math.floor(y / TILE); row * TILE < y + height; row++)
      for (let column = Math.floor(x / TILE); column * TILE < x + width; column++)
        indices.push(row * this.columns + column);
    return indices;
  }

  /** To be called for what was changed in tiles. */
  touch(area: Rect): void {
    this.#changed = union(this.#changed, intersection(area, this.bounds));
  }

  /** What has changed since it was last asked. */
  takeChanged(): Rect {
    const changed = this.#changed;
    this.#changed = NOWHERE;
    return changed;
  }

  /** All of it as one picture, RGBA. */
  raster(): Raster & { readonly channels: 4 } {
    const { width, height } = this;
    const data = new Uint8ClampedArray(width * height * 4);
    for (const [index, tile] of this.#tiles.entries()) {
      if (!tile) continue;
      const bounds = this.boundsOf(index);
      for (let row = 0; row < bounds.height; row++) {
        const from = row * TILE * 4;
        data.set(tile.subarray(from, from + bounds.width * 4), ((bounds.y + row) * width + bounds.x) * 4);
      }
    }
    return { width, height, channels: 4, data };
  }

  /** Every pixel anew: `paint` changes a tile's in place. Returns what was there. */
  repaint(paint: (tile: Uint8ClampedArray<ArrayBuffer>) => void): Patch {
    const before = new Map<number, Tile>();
    for (const index of this.#tiles.keys()) {
      const old = this.tile(index);
      before.set(index, old);
      const next = old ? old.slice() : new Uint8ClampedArray(TILE_BYTES);
      paint(next);
      cutOff(next, this.boundsOf(index));
      this.#tiles[index] = hasPaint(next) ? next : null;
    }
    this.touch(this.bounds);
    return before;
  }

  /** All of it in one colour. */
  fill(color: Color): Patch {
    return this.repaint((tile) => fillTile(tile, color, 255));
  }

  clear(): Patch {
    return this.repaint((tile) => tile.fill(0));
  }

  /** What is painted becomes bare, what is bare painted in `color`. */
  invert([red, green, blue]: Color): Patch {
    return this.repaint((tile) => {
      for (let i = 0; i < TILE_BYTES; i += 4) {
        tile[i] = red;
        tile[i + 1] = green;
        tile[i + 2] = blue;
        tile[i + 3] = 255 - tile[i + 3]!;
      }
    });
  }

  /** Takes over whole tiles. Returns those that were there. */
  replace(tiles: ReadonlyMap<number, Uint8ClampedArray<ArrayBuffer>>): Patch {
    const patch = new Map<number, Tile>();
    for (const [index, tile] of tiles) {
      cutOff(tile, this.boundsOf(index));
      patch.set(index, hasPaint(tile) ? tile : null);
    }
    return this.restore(patch);
  }

  /** Puts tiles back. Returns those that were there. */
  restore(patch: Patch): Patch {
    const before = new Map<number, Tile>();
    for (const [index, tile] of patch) {
      before.set(index, this.tile(index));
      this.#tiles[index] = tile;
      this.touch(this.boundsOf(index));
    }
    return before;
  }
}

/** Bytes that a patch holds on to. */
export function bytesOf(patch: Patch): number {
  let tiles = 0;
  for (const tile of patch.values()) if (tile) tiles += 1;
  return tiles * TILE_BYTES;
}

/** The size a layer over a picture has: the picture's, unless that is more than can be painted on with ease. */
export function layerSize({ width, height }: Size): Size {
  const scale = Math.min(1, Math.sqrt(MAX_PIXELS / (width * height)));
  const side = (length: number) => Math.max(1, Math.min(MAX_SIDE, Math.round(length * scale)));
  return { width: side(width), height: side(height) };
}

/** What a request can ask for at most; the picture comes to the request's size anyway. */
const MAX_PIXELS = 4096 * 4096;
/** Longer ones browsers do not draw. */
const MAX_SIDE = 16384;

function fillTile(tile: Uint8ClampedArray, [red, green, blue]: Color, alpha: number): void {
  for (let i = 0; i < tile.length; i += 4) {
    tile[i] = red;
    tile[i + 1] = green;
    tile[i + 2] = blue;
    tile[i + 3] = alpha;
  }
}

/** What of a tile lies beyond the layer has no paint, or emptiness could not be told. */
function cutOff(tile: Uint8ClampedArray, { width, height }: Size): void {
  if (width < TILE) for (let y = 0; y < height; y++) tile.fill(0, (y * TILE + width) * 4, (y + 1) * TILE * 4);
  tile.fill(0, height * TILE * 4);
}

function hasPaint(tile: Uint8ClampedArray): boolean {
  for (let i = 3; i < tile.length; i += 4) if (tile[i] !== 0) return true;
  return false;
}
