// The parameters text of a picture, whatever its format: PNG texts, or EXIF UserComment in JPEG and WebP, as A1111 writes and
// reads them (modules/images.py save_image_with_geninfo, read_info_from_image).
import { concat, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';
import { readUserComment, writeUserComment } from './exif.ts';
import { findJpegExif, isJpeg, replaceJpegExif } from './jpeg.ts';
import { isPng, readChunks } from './png-chunks.ts';
import { chunksBeforeDamage, readPngTexts, readTextChunk, textChunk } from './png-text.ts';
import { findWebpExif, isWebp, replaceWebpExif } from './webp.ts';

/** Keyword of A1111's text in a PNG. */
export const PARAMETERS = 'parameters';
/** Bytes of a picture file that is looked at. */
export const MAX_FILE_BYTES = 512 * 2 ** 20;

export type ImageFormat = 'png' | 'jpeg' | 'webp';

export interface ImageMetadata {
  readonly format: ImageFormat;
  /** The parameters text, not parsed; null where the picture has none. */
  readonly parameters: string | null;
  /** All texts of a PNG by keyword (other programs use others: "prompt", "workflow", "Comment"); of other formats none. */
  readonly texts: ReadonlyMap<string, string>;
}

/** By its first bytes; null for what is none of the three. */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  return isPng(bytes) ? 'png' : isJpeg(bytes) ? 'jpeg' : isWebp(bytes) ? 'webp' : null;
}

/**
 * @param file A whole picture file.
 * @throws ImageError when it is no PNG, JPEG or WebP, or is too large.
 */
export async function readImageMetadata(file: Uint8Array | Blob): Promise<ImageMetadata> {
  if (file instanceof Blob && file.size > MAX_FILE_BYTES) {
    throw new ImageError(`The file has ${file.size} bytes; pictures of up to ${MAX_FILE_BYTES} can be read.`);
  }
  const bytes = file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file;
  const format = knownFormat(bytes);
  const texts = format === 'png' ? await readPngTexts(bytes) : new Map<string, string>();
  const exif = findExif(bytes, format);
  // An EXIF comment wins over a PNG's text, as in A1111.
  const comment = exif ? readUserComment(exif) : null;
  return { format, parameters: comment || (texts.get(PARAMETERS) ?? null), texts };
}

/**
 * The picture file with this parameters text instead of the one it had. A JPEG's or WebP's other EXIF data goes, as with A1111.
 *
 * @throws ImageError when the file is no sound PNG, JPEG or WebP, or the text is too long for a JPEG.
 */
export async function writeParameters(bytes: Uint8Array, parameters: string): Promise<Bytes> {
  switch (knownFormat(bytes)) {
    case 'png':
      return replacePngParameters(bytes, parameters);
    case 'jpeg':
      return replaceJpegExif(bytes, writeUserComment(parameters));
    case 'webp':
      return replaceWebpExif(bytes, writeUserComment(parameters));
  }
}

function knownFormat(bytes: Uint8Array): ImageFormat {
  const format = imageFormat(bytes);
  if (!format) throw new ImageError('This is not a PNG, JPEG or WebP picture.');
  return format;
}

function findExif(bytes: Uint8Array, format: ImageFormat): Uint8Array | null {
  switch (format) {
    case 'png':
      for (const { type, data } of chunksBeforeDamage(bytes)) if (type === 'eXIf') return data;
      return null;
    case 'jpeg':
      return findJpegExif(bytes);
    case 'webp':
      return findWebpExif(bytes);
  }
}

async function replacePngParameters(bytes: Uint8Array, parameters: string): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let position = 0;
  let written = false;
  for (const chunk of readChunks(bytes)) {
    const text = await readTextChunk(chunk);
    const replaced =
      text?.keyword === PARAMETERS || (chunk.type === 'eXIf' && readUserComment(chunk.data) !== null);
    parts.push(bytes.subarray(position, replaced ? chunk.start : chunk.end));
    if (!written) parts.push(textChunk(PARAMETERS, parameters));
    written = true;
    position = chunk.end;
  }
  return concat([...parts, bytes.subarray(position)]);
}
