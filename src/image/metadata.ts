// The parameters text of a picture, whatever its format, as A1111 reads and writes it (modules/images.py
// read_info_from_image, save_image_with_geninfo): texts of a PNG, EXIF UserComment, comments of JPEG and GIF, NovelAI's JSON.
import { isAvif, readAvif } from './avif.ts';
import { concat, decodeUtf8, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';
import { decodeUserComment, findOrientation, findTexts, findUserComment, writeUserComment } from './exif.ts';
import { isGif, readGif } from './gif.ts';
import { isJpeg, readJpeg, replaceJpegExif } from './jpeg.ts';
import { NOVELAI_KEYWORDS, novelAiParameters } from './novelai.ts';
import type { PictureFile, Size } from './picture-file.ts';
import { isPng, readChunks } from './png-chunks.ts';
import { readSize } from './png-pixels.ts';
import { chunksBeforeDamage, findText, readPngTexts, textChunk, type PngTexts } from './png-text.ts';
import { MAX_TEXT_BYTES } from './text-limits.ts';
import { isWebp, readWebp, replaceWebpExif } from './webp.ts';

/** Keyword of A1111's text in a PNG. */
export const PARAMETERS = 'parameters';
/** Keyword of an XMP packet in a PNG. */
export const XMP = 'XML:com.adobe.xmp';
/** How texts of other programs begin, in EXIF fields that cameras fill as well: "prompt:{". */
const JSON_TEXT = /^\s*(?:\w+\s*:\s*)?\{/;
/** Bytes of a picture file that is looked at. */
export const MAX_FILE_BYTES = 512 * 2 ** 20;
/** The formats, to a person. */
const FORMATS = 'PNG, JPEG, WebP, AVIF or GIF';

export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'avif' | 'gif';

export interface ImageMetadata {
  readonly format: ImageFormat;
  /** In pixels, as the file says; null where it does not. The file may hold less. */
  readonly size: Size | null;
  /** How its pixels are to be turned to be seen upright, 1 (as they are) to 8. From 5 on width and height change places. */
  readonly orientation: number;
  /** The parameters text, not parsed; null where the picture has none. */
  readonly parameters: string | null;
  /**
   * All texts of a PNG by keyword (other programs use others: "prompt", "workflow", "Comment"). Of other formats the JSON in EXIF
   * texts by EXIF's names for them ("ImageDescription"), and the XMP packet, by its keyword in a PNG.
   */
  readonly texts: ReadonlyMap<string, string>;
  /** Names of texts that are missing or not whole: they are damaged, or larger than any sensible text. */
  readonly damaged: readonly string[];
}

/** By its first bytes; null for what is none of them. */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  if (isPng(bytes)) return 'png';
  if (isJpeg(bytes)) return 'jpeg';
  if (isWebp(bytes)) return 'webp';
  if (isAvif(bytes)) return 'avif';
  return isGif(bytes) ? 'gif' : null;
}

/**
 * @param file A whole picture file.
 * @throws ImageError when it is no PNG, JPEG, WebP, AVIF or GIF, or is too large.
 */
export async function readImageMetadata(file: Uint8Array | Blob): Promise<ImageMetadata> {
  if (file instanceof Blob && file.size > MAX_FILE_BYTES) {
    throw new ImageError(`The file has ${file.size} bytes; pictures of up to ${MAX_FILE_BYTES} can be read.`);
  }
  const bytes = file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file;
  const format = knownFormat(bytes);
  const { size, exif, comment, xmp } = readFile(bytes, format);
  const ofPng: PngTexts | null =
    format === 'png' ? await readPngTexts(bytes, [PARAMETERS, ...NOVELAI_KEYWORDS]) : null;
  const texts = new Map(ofPng?.texts);
  const tooLarge: string[] = [];
  const decoded = (name: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => string): string | null => {
    if (bytes.length <= MAX_TEXT_BYTES) return decode(bytes);
    tooLarge.push(name);
    return null;
  };
  let parameters = texts.get(PARAMETERS) ?? null;
  if (exif) {
    // It wins over a PNG's text, and where there is EXIF data other comments do not count.
    const userComment = findUserComment(exif);
    parameters = (userComment && decoded('EXIF user comment', userComment, decodeUserComment)) || parameters;
  } else if (comment) parameters = decoded('comment', comment, decodeUtf8);
  parameters = novelAiParameters(texts, size) ?? parameters;
  for (const [name, bytes] of exif ? findTexts(exif) : []) {
    const text = decoded(name, bytes, decodeUtf8)?.replace(/\0+$/, '') ?? '';
    if (JSON_TEXT.test(text) && !texts.has(name)) texts.set(name, text);
  }
  const packet = xmp && decoded('XMP', xmp, decodeUtf8);
  if (packet && !texts.has(XMP)) texts.set(XMP, packet);
  return {
    format,
    size,
    // AVIF has a place of its own for that, which counts instead.
    orientation: exif && format !== 'avif' ? findOrientation(exif) : 1,
    parameters: parameters || null,
    texts,
    damaged: [...(ofPng?.damaged ?? []), ...tooLarge],
  };
}

/**
 * The picture file with this parameters text instead of the one it had. A JPEG's or WebP's other EXIF data goes, as with A1111.
 *
 * @throws ImageError when the file is no sound PNG, JPEG or WebP, or the text is too long for a JPEG.
 */
export function writeParameters(bytes: Uint8Array, parameters: string): Bytes {
  switch (knownFormat(bytes)) {
    case 'png':
      return replacePngParameters(bytes, parameters);
    case 'jpeg':
      return replaceJpegExif(bytes, writeUserComment(parameters));
    case 'webp':
      return replaceWebpExif(bytes, writeUserComment(parameters));
    case 'avif':
    case 'gif':
      throw new ImageError('Parameters can be written into a PNG, JPEG or WebP only.');
  }
}

function knownFormat(bytes: Uint8Array): ImageFormat {
  const format = imageFormat(bytes);
  if (!format) throw new ImageError(`This is not a ${FORMATS} picture.`);
  return format;
}

function readFile(bytes: Uint8Array, format: ImageFormat): PictureFile {
  switch (format) {
    case 'png':
      return readPng(bytes);
    case 'jpeg':
      return readJpeg(bytes);
    case 'webp':
      return readWebp(bytes);
    case 'avif':
      return readAvif(bytes);
    case 'gif':
      return readGif(bytes);
  }
}

function readPng(bytes: Uint8Array): PictureFile {
  let size: Size | null = null;
  let exif: Uint8Array | null = null;
  for (const { type, data } of chunksBeforeDamage(bytes)) {
    if (type === 'IHDR') size ??= readSize(data);
    else if (type === 'eXIf') exif = data;
  }
  return { size, exif, comment: null };
}

function replacePngParameters(bytes: Uint8Array, parameters: string): Bytes {
  const parts: Uint8Array[] = [];
  let position = 0;
  let written = false;
  for (const chunk of readChunks(bytes)) {
    const replaced =
      findText(chunk)?.keyword === PARAMETERS ||
      (chunk.type === 'eXIf' && findUserComment(chunk.data) !== null);
    parts.push(bytes.subarray(position, replaced ? chunk.start : chunk.end));
    if (!written) parts.push(textChunk(PARAMETERS, parameters));
    written = true;
    position = chunk.end;
  }
  return concat([...parts, bytes.subarray(position)]);
}
