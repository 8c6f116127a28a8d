// Texts in PNG: tEXt, zTXt and iTXt chunks (https://www.w3.org/TR/png-3/#11textinfo), written as Pillow's PngInfo.add_text does.
import { concat, decodeLatin1, encodeLatin1, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';
import { pngChunk, readChunks, type PngChunk } from './png-chunks.ts';
import { inflate } from './zlib.ts';

/** Bytes of one text, unpacked. A parameters text has a few thousand. */
export const MAX_TEXT_BYTES = 4 * 2 ** 20;
/** Bytes of all texts of one file together. */
export const MAX_TEXTS_BYTES = 16 * 2 ** 20;

/**
 * A text as a chunk: tEXt where Latin-1 suffices, else iTXt.
 *
 * @param keyword 1 - 79 Latin-1 characters.
 */
export function textChunk(keyword: string, text: string): Bytes {
  const key = encodeLatin1(keyword);
  if (!key || key.length < 1 || key.length > 79 || key.includes(0)) {
    throw new ImageError(`"${keyword}" cannot name a text in a PNG: 1 to 79 Latin letters are allowed.`);
  }
  const latin1 = encodeLatin1(text);
  if (latin1) return pngChunk('tEXt', concat([key, Uint8Array.of(0), latin1]));
  // End of keyword, not compressed, method 0, empty language, empty translated keyword.
  return pngChunk('iTXt', concat([key, Uint8Array.of(0, 0, 0, 0, 0), new TextEncoder().encode(text)]));
}

/** Keyword and text of a text chunk; null for other chunks and for what is malformed or not valid UTF-8, as in Pillow. */
export async function readTextChunk(chunk: PngChunk): Promise<{ keyword: string; text: string } | null> {
  if (chunk.type !== 'tEXt' && chunk.type !== 'zTXt' && chunk.type !== 'iTXt') return null;
  const { data } = chunk;
  const keyEnd = data.indexOf(0);
  if (keyEnd < 1) return null;
  const keyword = decodeLatin1(data.subarray(0, keyEnd));
  const rest = data.subarray(keyEnd + 1);
  if (chunk.type === 'tEXt') return { keyword, text: decodeLatin1(limited(rest)) };
  if (chunk.type === 'zTXt') {
    if (rest[0] !== 0) return null;
    return { keyword, text: decodeLatin1(await unpack(rest.subarray(1))) };
  }
  const [compressed, method] = rest;
  const languageEnd = rest.indexOf(0, 2);
  const translatedEnd = languageEnd < 0 ? -1 : rest.indexOf(0, languageEnd + 1);
  if (translatedEnd < 0 || (compressed && method !== 0)) return null;
  const content = rest.subarray(translatedEnd + 1);
  const utf8 = compressed ? await unpack(content) : limited(content);
  try {
    return { keyword, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(utf8) };
  } catch {
    return null;
  }
}

/**
 * All texts of a PNG; of those with the same keyword the last. A file that is cut off gives what stands before the cut.
 *
 * @throws ImageError when the file is not a PNG, or its texts are larger than any sensible text.
 */
export async function readPngTexts(bytes: Uint8Array): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  let room = MAX_TEXTS_BYTES;
  for (const chunk of chunksBeforeDamage(bytes)) {
    const entry = await readTextChunk(chunk);
    if (!entry) continue;
    room -= entry.text.length;
    if (room < 0) throw new ImageError(`The PNG holds more than ${MAX_TEXTS_BYTES} bytes of text.`);
    texts.set(entry.keyword, entry.text);
  }
  return texts;
}

/** The chunks as far as they can be read. */
export function* chunksBeforeDamage(bytes: Uint8Array): Generator<PngChunk> {
  const chunks = readChunks(bytes);
  // The first step alone tells a file that is not a PNG; later ones only fail where the file is cut off.
  let step = chunks.next();
  while (!step.done) {
    yield step.value;
    try {
      step = chunks.next();
    } catch (error) {
      if (error instanceof ImageError) return;
      throw error;
    }
  }
}

function limited(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_TEXT_BYTES)
    throw new ImageError(`The PNG holds a text of more than ${MAX_TEXT_BYTES} bytes.`);
  return bytes;
}

function unpack(bytes: Uint8Array): Promise<Bytes> {
  return inflate(bytes, MAX_TEXT_BYTES, "the PNG's text");
}
