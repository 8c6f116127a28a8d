// Embeddings that travel as pictures: A1111's training saves one as a PNG with the vectors in a text chunk, and again hidden in
// the low bits of its pixels, for places that strip texts (modules/textual_inversion/image_embedding.py).
import { CheckpointError, type ByteSource, type Checkpoint, type TensorInfo } from '../checkpoint/types.ts';
import { elementRange } from '../checkpoint/tensor.ts';
import { ImageError } from '../image/errors.ts';
import type { PixelImage } from '../image/pixels.ts';
import { isPng } from '../image/png-chunks.ts';
import { readPngTexts } from '../image/png-text.ts';
import { decodePng } from '../image/png.ts';
import { inflate } from '../image/zlib.ts';

/** The text chunk's name. */
const KEYWORD = 'sd-ti-embedding';
/** Of a file. Such pictures are of 512 to 1024 pixels a side. */
const MAX_FILE = 64 * 2 ** 20;
/** Of the unpacked JSON: 75 vectors of 2048 numbers take 4 MB. */
const MAX_JSON = 16 * 2 ** 20;
const MAX_PIXELS = 4096 * 4096;

/**
 * The embedding in a picture, under the names of A1111's .pt files. Rejects with CheckpointError for a picture without one, and for
 * one that is damaged.
 */
export async function openPictureEmbedding(source: ByteSource): Promise<Checkpoint> {
  if (source.size > MAX_FILE) throw noEmbedding();
  const file = await source.read(0, source.size);
  const json = await jsonIn(file);
  if (json === null) throw noEmbedding();
  return checkpointOf(json);
}

/** Whether a file is a picture that may hold one, by its first bytes. */
export function mayHoldEmbedding(head: Uint8Array): boolean {
  return isPng(head);
}

function noEmbedding(): CheckpointError {
  return new CheckpointError(
    'not-a-checkpoint',
    'This file is a picture (PNG) without an embedding in it. Drop it on PNG Info or img2img.',
  );
}

/** Null where it holds none. */
async function jsonIn(file: Uint8Array): Promise<string | null> {
  try {
    return (await textIn(file)) ?? (await hiddenIn(file));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    // Dropped by mistake more often than not, so it is called what it is.
    throw new CheckpointError(
      'corrupt',
      `This file is a picture (PNG) that cannot be read. ${error.message}`,
    );
  }
}

async function textIn(file: Uint8Array): Promise<string | null> {
  const packed = (await readPngTexts(file, [KEYWORD])).texts.get(KEYWORD);
  if (packed === undefined) return null;
  try {
    return atob(packed);
  } catch {
    throw damaged();
  }
}

/**
 * Two blocks of pixels, at both sides of columns whose low four bits are zero, hold the lower and the upper halves of bytes.
 * Pictures without such columns hide nothing.
 */
async function hiddenIn(file: Uint8Array): Promise<string | null> {
  const image = await decodePng(file, MAX_PIXELS);
  const area = withoutBlackEdges(image);
  if (!area) return null;
  const { left, right, top, bottom } = area;
  const dark: number[] = [];
  for (let x = left; x < right; x += 1) {
    let sum = 0;
    for (let y = top; y < bottom; y += 1) for (let c = 0; c < 3; c += 1) sum += lowBits(image, x, y, c);
    if (sum === 0) dark.push(x);
  }
  if (dark.length < 2) return null;
  const lower = unmasked(image, { ...area, right: dark[0]! });
  const upper = unmasked(image, { ...area, left: dark.at(-1)! + 1 });
  // Blocks of different sizes are dark columns of an ordinary picture.
  if (lower.length !== upper.length || lower.length === 0) return null;
  const bytes = lower.map((low, i) => (upper[i]! << 4) | low);
  // zlib's mark, before anything is unpacked.
  if ((bytes[0]! & 15) !== 8) return null;
  try {
    return new TextDecoder().decode(await inflate(bytes, MAX_JSON, 'the embedding'));
  } catch (error) {
    if (error instanceof ImageError) throw new CheckpointError('corrupt', error.message);
    throw error;
  }
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Without rows and columns at the edges that are black throughout; null for a picture of nothing else. */
function withoutBlackEdges({ width, height, channels, data }: PixelImage): Area | null {
  let [left, right, top, bottom] = [width, 0, height, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * channels;
      // A1111 asks that every channel is above zero.
      if (data[at]! === 0 || data[at + 1]! === 0 || data[at + 2]! === 0) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  return left < right ? { left, right, top, bottom } : null;
}

function lowBits({ width, channels, data }: PixelImage, x: number, y: number, channel: number): number {
  return data[(y * width + x) * channels + channel]! & 15;
}

/** The low bits of an area, row by row, without the pseudo-random numbers that were laid over them. */
function unmasked(image: PixelImage, { left, right, top, bottom }: Area): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(Math.max(0, right - left) * (bottom - top) * 3);
  let at = 0;
  // A linear congruential generator, as image_embedding.lcg has it.
  let seed = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      for (let c = 0; c < 3; c += 1) {
        seed = (Math.imul(1664525, seed) + 1013904223) >>> 0;
        block[at] = lowBits(image, x, y, c) ^ ((seed % 255) & 15);
        at += 1;
      }
    }
  }
  return block;
}

/** {"string_to_param": {"*": {"TORCHTENSOR": [[...], ...]}}, "name": ...} */
function checkpointOf(json: string): Checkpoint {
  let rows: unknown;
  try {
    const { string_to_param: learned } = JSON.parse(json) as { string_to_param?: Record<string, unknown> };
    const tensors = Object.values(learned ?? {}) as { TORCHTENSOR?: unknown }[];
    rows = tensors.length === 1 ? tensors[0]?.TORCHTENSOR : undefined;
  } catch {
    throw damaged();
  }
  if (!isMatrix(rows)) throw damaged();
  const [height, width] = [rows.length, rows[0]!.length];
  const bytes = new Uint8Array(Float32Array.from(rows.flat()).buffer);
  const name = 'string_to_param.*';
  const tensor: TensorInfo = {
    name,
    dtype: 'F32',
    shape: [height, width],
    elementCount: height * width,
    position: 0,
  };
  const tensors = new Map([[name, tensor]]);
  return {
    format: 'picture',
    tensors,
    unreadable: new Map(),
    metadata: new Map(),
    read(asked, from, length) {
      const { start, count } = elementRange(tensors, asked, from, length);
      return Promise.resolve(bytes.slice(4 * start, 4 * (start + count)));
    },
  };
}

function isMatrix(value: unknown): value is readonly (readonly number[])[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const width = Array.isArray(value[0]) ? value[0].length : 0;
  const isRow = (row: unknown): boolean =>
    Array.isArray(row) && row.length === width && row.every((number) => typeof number === 'number');
  return width > 0 && value.every(isRow);
}

function damaged(): CheckpointError {
  return new CheckpointError(
    'corrupt',
    'The embedding in this picture is damaged. Look for another copy of it.',
  );
}
