// Between layers and pictures: what was painted as PNG files, and files as layers. Encoding and decoding never hold up the page.
import type { Size } from './geometry.ts';
import { TILE, type Color, type Layer, type Patch, type Tile } from './layer.ts';
import type { Margins } from './modes.ts';
import { canvas as t } from '../strings/canvas.ts';

const BLACK: Color = [0, 0, 0];
const WHITE: Color = [255, 255, 255];

/** The layer's own colours. */
export function layerPng(layer: Layer): Promise<Blob> {
  const { canvas, context } = surface(layer);
  drawLayer(context, layer, (tile) => tile);
  return png(canvas);
}

/** White where the layer is painted, as far as it is opaque. */
export function maskPng(layer: Layer): Promise<Blob> {
  const { canvas, context } = surface(layer);
  context.fillStyle = hexOf(BLACK);
  context.fillRect(0, 0, layer.width, layer.height);
  const grey = new Uint8ClampedArray(TILE * TILE * 4).fill(255);
  drawLayer(context, layer, (tile) => {
    for (let i = 0; i < tile.length; i += 4) grey[i] = grey[i + 1] = grey[i + 2] = tile[i + 3]!;
    return grey;
  });
  return png(canvas);
}

/** The picture in its frame, whose outermost pixels go on to the edges. */
export function framedPng(picture: ImageBitmap, size: Size, margins: Margins): Promise<Blob> {
  const { left, top } = margins;
  const { width, height } = size;
  const { canvas, context } = surface(framedSize(size, margins));
  context.imageSmoothingEnabled = false;
  const [across, down] = [picture.width / width, picture.height / height];
  // Columns and rows of the frame: before the picture, the picture, after it; with where each takes its pixels.
  const columns = [
    { at: 0, length: left, from: 0, of: 1 },
    { at: left, length: width, from: 0, of: width },
    { at: left + width, length: margins.right, from: width - 1, of: 1 },
  ];
  const rows = [
    { at: 0, length: top, from: 0, of: 1 },
    { at: top, length: height, from: 0, of: height },
    { at: top + height, length: margins.bottom, from: height - 1, of: 1 },
  ];
  for (const x of columns)
    for (const y of rows)
      if (x.length > 0 && y.length > 0)
        context.drawImage(
          picture,
          ...([x.from * across, y.from * down, x.of * across, y.of * down] as const),
          ...([x.at, y.at, x.length, y.length] as const),
        );
  return png(canvas);
}

/** White all around the picture. */
export function frameMaskPng(size: Size, margins: Margins): Promise<Blob> {
  const { canvas, context } = surface(framedSize(size, margins));
  context.fillStyle = hexOf(WHITE);
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = hexOf(BLACK);
  context.fillRect(margins.left, margins.top, size.width, size.height);
  return png(canvas);
}

export function framedSize({ width, height }: Size, { left, top, right, bottom }: Margins): Size {
  return { width: width + left + right, height: height + top + bottom };
}

/** A picture, upright, with its own numbers, at the layer's size where it is larger. @throws where it cannot be read. */
export async function decoded(file: Blob, size: Size): Promise<ImageBitmap> {
  const own = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' } as const;
  const bitmap = await createImageBitmap(file, own);
  if (bitmap.width * bitmap.height <= size.width * size.height) return bitmap;
  const resized = { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: 'high' } as const;
  try {
    return await createImageBitmap(bitmap, resized);
  } finally {
    bitmap.close();
  }
}

/** What was painted earlier, as `layerPng` has it. Returns what was there. */
export async function readLayer(layer: Layer, file: Blob): Promise<Patch> {
  return readInto(layer, file, (tile) => tile);
}

/**
 * A mask out of a picture: its alpha channel where it has one, else how light it is (A1111: processing.py,
 * create_binary_mask). Returns what was there.
 */
export async function readMask(layer: Layer, file: Blob, color: Color): Promise<Patch> {
  const bitmap = await decoded(file, layer);
  const transparent = await hasAlpha(bitmap, layer);
  return readInto(layer, bitmap, (pixels) => {
    for (let i = 0; i < pixels.length; i += 4) {
      const alpha = transparent
        ? pixels[i + 3]! > 128
          ? 255
          : 0
        : lightness(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
      put(pixels, i, color, alpha);
    }
    return pixels;
  });
}

/** What is not wholly opaque in a picture becomes the mask. Returns what was there; null where all of it is opaque. */
export async function readAlpha(layer: Layer, picture: ImageBitmap, color: Color): Promise<Patch | null> {
  if (!(await hasAlpha(picture, layer))) return null;
  return readInto(layer, picture, (pixels) => {
    for (let i = 0; i < pixels.length; i += 4) put(pixels, i, color, pixels[i + 3]! < 255 ? 255 : 0);
    return pixels;
  });
}

/** The colour of a picture's pixel, under what is painted on it. */
export function colorAt(picture: ImageBitmap, layer: Layer, x: number, y: number): Color {
  const { context } = surface({ width: 1, height: 1 }, true);
  context.drawImage(picture, -x, -y, layer.width, layer.height);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  const [index] = layer.tilesIn({ x, y, width: 1, height: 1 });
  const tile = index === undefined ? null : layer.tile(index);
  if (!tile) return [red, green, blue];
  const at = 4 * ((y % TILE) * TILE + (x % TILE));
  const alpha = tile[at + 3]! / 255;
  const over = (under: number, c: number) => Math.round(under + (tile[at + c]! - under) * alpha);
  return [over(red, 0), over(green, 1), over(blue, 2)];
}

/** As a color field has it. */
export function hexOf(color: Color): string {
  return `#${color.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** PIL's "L". */
function lightness(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

function put(pixels: Uint8ClampedArray, i: number, [red, green, blue]: Color, alpha: number): void {
  pixels[i] = red;
  pixels[i + 1] = green;
  pixels[i + 2] = blue;
  pixels[i + 3] = alpha;
}

/** Tiles that are there, each as `look` has it, in place of what is on the canvas. */
function drawLayer(
  context: OffscreenCanvasRenderingContext2D,
  layer: Layer,
  look: (tile: NonNullable<Tile>) => NonNullable<Tile>,
): void {
  for (const index of layer.tilesIn(layer.bounds)) {
    const tile = layer.tile(index);
    const { x, y } = layer.boundsOf(index);
    if (tile) context.putImageData(new ImageData(look(tile), TILE, TILE), x, y);
  }
}

/** A row of tiles at a time, with the page's turn between them. */
async function readInto(
  layer: Layer,
  file: Blob | ImageBitmap,
  look: (pixels: Uint8ClampedArray<ArrayBuffer>) => Uint8ClampedArray<ArrayBuffer>,
): Promise<Patch> {
  const bitmap = file instanceof Blob ? await decoded(file, layer) : file;
  const { context } = surface({ width: TILE, height: TILE }, true);
  const read = new Map<number, NonNullable<Tile>>();
  for (const index of layer.tilesIn(layer.bounds)) {
    const { x, y } = layer.boundsOf(index);
    context.clearRect(0, 0, TILE, TILE);
    context.drawImage(bitmap, -x, -y, layer.width, layer.height);
    read.set(index, look(context.getImageData(0, 0, TILE, TILE).data));
    if (index % layer.columns === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return layer.replace(read);
}

async function hasAlpha(bitmap: ImageBitmap, layer: Layer): Promise<boolean> {
  const { context } = surface({ width: TILE, height: TILE }, true);
  for (const index of layer.tilesIn(layer.bounds)) {
    const { x, y, width, height } = layer.boundsOf(index);
    context.clearRect(0, 0, TILE, TILE);
    context.drawImage(bitmap, -x, -y, layer.width, layer.height);
    const { data } = context.getImageData(0, 0, width, height);
    for (let i = 3; i < data.length; i += 4) if (data[i]! < 255) return true;
    if (index % layer.columns === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return false;
}

function surface({ width, height }: Size, willReadFrequently = false) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently });
  if (!context) throw new Error(t.noCanvas);
  return { canvas, context };
}

function png(canvas: OffscreenCanvas): Promise<Blob> {
  return canvas.convertToBlob({ type: 'image/png' });
}
