// Pictures as PNG with texts. Written here rather than with a library because it takes row filters (half the size of an
// unfiltered file), Latin-1 and UTF-8 texts, and limits on what a hostile file may unpack to.
import { concat, viewOf, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';
import type { PixelImage } from './pixels.ts';
import { pngChunk, pngFile, readChunks } from './png-chunks.ts';
import { filterRows, unfilterRows } from './png-filter.ts';
import { textChunk } from './png-text.ts';
import { expandPixels, passes, readHeader, type PngHeader } from './png-pixels.ts';
import { deflate, inflate } from './zlib.ts';

/** Pixels of a picture that is read, unless told otherwise: 8192 x 8192. */
export const MAX_PIXELS = 2 ** 26;
const MAX_SIDE = 2 ** 31 - 1;
/** Deflate cannot pack better than about 1032 to 1. */
const MAX_DEFLATE_RATIO = 1040;
const COLOR_TYPE = { 3: 2, 4: 6 } as const;

/**
 * A picture as a PNG file.
 *
 * @param texts By keyword, written before the pixels as Pillow does; A1111 puts its text under "parameters".
 */
export async function encodePng(
  image: PixelImage,
  texts: Readonly<Record<string, string>> = {},
): Promise<Bytes> {
  const { width, height, channels, data } = image;
  if (!validSide(width) || !validSide(height))
    throw new ImageError(`A picture cannot be ${width} x ${height}.`);
  if (data.length !== width * height * channels) {
    throw new ImageError(
      `A ${width} x ${height} picture of ${channels} channels needs ${width * height * channels} bytes; there are ${data.length}.`,
    );
  }
  const header = new Uint8Array(13);
  const view = viewOf(header);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOR_TYPE[channels], 0, 0, 0], 8);
  const rows = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return pngFile([
    pngChunk('IHDR', header),
    ...Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text)),
    pngChunk('IDAT', await deflate(filterRows(rows, width * channels, channels))),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

/**
 * The pixels of a PNG file, as 8-bit RGB, or RGBA where it has any transparency. 16-bit samples keep their upper byte;
 * colour profiles and gamma are not applied. Texts are read with readPngTexts.
 *
 * @throws ImageError on damage, and on more than `maxPixels` pixels.
 */
export async function decodePng(bytes: Uint8Array, maxPixels = MAX_PIXELS): Promise<PixelImage> {
  let header: PngHeader | null = null;
  let palette: Uint8Array | null = null;
  let transparency: Uint8Array | null = null;
  const packed: Uint8Array[] = [];
  for (const chunk of readChunks(bytes)) {
    if (!header !== (chunk.type === 'IHDR'))
      throw new ImageError('The PNG does not begin with its one header.');
    // The lower-case letter marks what a reader may skip.
    const ancillary = /^[a-z]/.test(chunk.type);
    if (ancillary && chunk.type !== 'tRNS') continue;
    if (!chunk.intact())
      throw new ImageError(`The PNG is damaged: the checksum of its ${chunk.type} chunk is wrong.`);
    if (chunk.type === 'IHDR') header = readHeader(chunk.data, maxPixels);
    else if (chunk.type === 'PLTE') palette = chunk.data;
    else if (chunk.type === 'tRNS') transparency = chunk.data;
    else if (chunk.type === 'IDAT') packed.push(chunk.data);
    else if (chunk.type !== 'IEND')
      throw new ImageError(`The PNG has an unknown critical chunk, ${chunk.type}.`);
  }
  if (!header) throw new ImageError('The PNG has no header.');
  const layout = passes(header);
  const size = layout.reduce((sum, pass) => sum + pass.height * (1 + pass.rowBytes), 0);
  const packedSize = packed.reduce((sum, part) => sum + part.length, 0);
  if (size > packedSize * MAX_DEFLATE_RATIO)
    throw new ImageError('The PNG has fewer pixels than its header says.');
  const raw = await inflate(concat(packed), size, "the PNG's pixels");
  if (raw.length < size) throw new ImageError('The PNG has fewer pixels than its header says.');
  let offset = 0;
  for (const pass of layout) {
    const end = offset + pass.height * (1 + pass.rowBytes);
    unfilterRows(
      raw.subarray(offset, end),
      pass.height,
      pass.rowBytes,
      Math.max(1, header.bitsPerPixel >> 3),
    );
    offset = end;
  }
  return expandPixels(raw, header, layout, palette, transparency);
}

function validSide(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= MAX_SIDE;
}
