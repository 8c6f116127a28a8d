// How a PNG's header lays out its samples (depths 1 - 16, five colour types, Adam7), and those samples as 8-bit RGB(A).
import { viewOf } from './bytes.ts';
import { ImageError } from './errors.ts';
import type { Size } from './picture-file.ts';
import type { PixelImage } from './pixels.ts';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly colorType: number;
  readonly bitsPerPixel: number;
  readonly interlaced: boolean;
}

/** The rows of one interlace pass (or of the whole picture): every `dx`-th pixel from `x`, every `dy`-th row from `y`. */
export interface PngPass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
  readonly rowBytes: number;
}

const GREY = 0;
const RGB = 2;
const PALETTE = 3;
const GREY_ALPHA = 4;
const RGBA = 6;
const SAMPLES = new Map([
  [GREY, { samples: 1, depths: [1, 2, 4, 8, 16] }],
  [RGB, { samples: 3, depths: [8, 16] }],
  [PALETTE, { samples: 1, depths: [1, 2, 4, 8] }],
  [GREY_ALPHA, { samples: 2, depths: [8, 16] }],
  [RGBA, { samples: 4, depths: [8, 16] }],
]);
/** x, y, dx, dy. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The size that IHDR tells; null where it is cut off. */
export function readSize(data: Uint8Array): Size | null {
  if (data.length < 8) return null;
  const view = viewOf(data);
  return { width: view.getUint32(0), height: view.getUint32(4) };
}

/** Reads IHDR, checking everything that later sizes are computed from. */
export function readHeader(data: Uint8Array, maxPixels: number): PngHeader {
  const size = readSize(data);
  if (!size || data.length !== 13) throw new ImageError("The PNG's header has a wrong length.");
  const { width, height } = size;
  if (width < 1 || height < 1) throw new ImageError(`The PNG says it is ${width} x ${height} pixels.`);
  if (width * height > maxPixels) {
    throw new ImageError(
      `The picture has ${width} x ${height} pixels; at most ${maxPixels} can be opened. Scale it down first.`,
    );
  }
  const [depth = 0, colorType = 0, compression, filter, interlace = 0] = data.subarray(8);
  const kind = SAMPLES.get(colorType);
  if (!kind?.depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) {
    throw new ImageError("The PNG's header asks for a format that does not exist.");
  }
  const bitsPerPixel = kind.samples * depth;
  return { width, height, depth, colorType, bitsPerPixel, interlaced: interlace === 1 };
}

/** The passes that hold pixels, in the order of the data. */
export function passes(header: PngHeader): PngPass[] {
  const grid = header.interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  return grid
    .map(([x, y, dx, dy]) => {
      const width = Math.max(0, Math.ceil((header.width - x) / dx));
      const height = Math.max(0, Math.ceil((header.height - y) / dy));
      return { x, y, dx, dy, width, height, rowBytes: Math.ceil((width * header.bitsPerPixel) / 8) };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/**
 * @param raw The passes' rows one after the other, each with one byte (its filter) before it; unfiltered.
 * @param palette PLTE: 3 bytes an entry.
 * @param transparency tRNS: alpha of the palette's entries, or the one transparent grey or colour (2 bytes a sample).
 */
export function expandPixels(
  raw: Uint8Array,
  header: PngHeader,
  layout: readonly PngPass[],
  palette: Uint8Array | null,
  transparency: Uint8Array | null,
): PixelImage {
  const { width, height, depth, colorType } = header;
  if (
    colorType === PALETTE &&
    (!palette || palette.length < 3 || palette.length % 3 || palette.length > 768)
  ) {
    throw new ImageError("The PNG's palette is missing or malformed.");
  }
  const hasAlpha = colorType === GREY_ALPHA || colorType === RGBA;
  const key =
    colorType === PALETTE || hasAlpha ? null : transparentColor(transparency, colorType === GREY ? 1 : 3);
  const channels = hasAlpha || key || (colorType === PALETTE && transparency) ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  const samples = SAMPLES.get(colorType)!.samples;
  const scale = depth < 8 && colorType === GREY ? 255 / (2 ** depth - 1) : 1;
  const pixel = [0, 0, 0, 0];
  let offset = 0;
  for (const pass of layout) {
    for (let row = 0; row < pass.height; row += 1) {
      const line = raw.subarray(offset + 1, offset + 1 + pass.rowBytes);
      offset += 1 + pass.rowBytes;
      for (let column = 0; column < pass.width; column += 1) {
        for (let s = 0; s < samples; s += 1) pixel[s] = sample(line, column * samples + s, depth);
        const at = ((pass.y + row * pass.dy) * width + pass.x + column * pass.dx) * channels;
        // In the file's own depth: 16-bit colours are told apart by both bytes.
        if (channels === 4) data[at + 3] = key?.every((value, s) => value === pixel[s]) ? 0 : 255;
        const eight = (s: number): number => (depth === 16 ? pixel[s]! >> 8 : pixel[s]! * scale);
        if (colorType === PALETTE) {
          const entry = pixel[0]!;
          if (3 * entry >= palette!.length)
            throw new ImageError('The PNG names a colour that its palette lacks.');
          for (let c = 0; c < 3; c += 1) data[at + c] = palette![3 * entry + c]!;
          if (transparency) data[at + 3] = transparency[entry] ?? 255;
        } else if (colorType === GREY || colorType === GREY_ALPHA) {
          data[at] = data[at + 1] = data[at + 2] = eight(0);
          if (hasAlpha) data[at + 3] = eight(1);
        } else {
          for (let c = 0; c < 3; c += 1) data[at + c] = eight(c);
          if (hasAlpha) data[at + 3] = eight(3);
        }
      }
    }
  }
  return { width, height, channels, data };
}

/** The index-th sample of a row: 0 .. 2^depth - 1. */
function sample(line: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return line[index]!;
  if (depth === 16) return (line[2 * index]! << 8) | line[2 * index + 1]!;
  const bit = index * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

function transparentColor(transparency: Uint8Array | null, samples: number): number[] | null {
  if (!transparency) return null;
  if (transparency.length !== 2 * samples) throw new ImageError("The PNG's transparent colour is malformed.");
  const view = viewOf(transparency);
  return Array.from({ length: samples }, (_, s) => view.getUint16(2 * s));
}
