// Texts in PNG: tEXt, zTXt and iTXt chunks (https://www.w3.org/TR/png-3/#11textinfo), written as Pillow's PngInfo.add_text
// does and read as its PngImagePlugin does. A text that is damaged or too large costs that text only.
import { concat, decodeLatin1, encodeLatin1, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';
import { pngChunk, readChunks, type PngChunk } from './png-chunks.ts';
import { MAX_TEXT_BYTES, MAX_TEXTS, MAX_TEXTS_BYTES } from './text-limits.ts';
import { unpack } from './zlib.ts';

/** Latin-1 characters of a keyword, as the standard has it. */
const MAX_KEYWORD = 79;

export interface PngTexts {
  /** By keyword, in the file's order; of those with the same keyword the last sound one. */
  readonly texts: ReadonlyMap<string, string>;
  /** Keywords of texts that are missing in `texts`, or not whole: damaged, or larger than any sensible text. */
  readonly damaged: readonly string[];
}

/** Where a chunk's text stands; nothing is unpacked yet. */
interface TextPlace {
  readonly keyword: string;
  readonly content: Uint8Array;
  readonly packed: boolean;
  readonly encoding: 'latin1' | 'utf-8';
}

/**
 * A text as a chunk: tEXt where Latin-1 suffices, else iTXt.
 *
 * @param keyword 1 - 79 Latin-1 characters.
 */
export function textChunk(keyword: string, text: string): Bytes {
  const key = encodeLatin1(keyword);
  if (!key || key.length < 1 || key.length > MAX_KEYWORD || key.includes(0)) {
    throw new ImageError(`"${keyword}" cannot name a text in a PNG: 1 to 79 Latin letters are allowed.`);
  }
  const latin1 = encodeLatin1(text);
  if (latin1) return pngChunk('tEXt', concat([key, Uint8Array.of(0), latin1]));
  // End of keyword, not compressed, method 0, empty language, empty translated keyword.
  return pngChunk('iTXt', concat([key, Uint8Array.of(0, 0, 0, 0, 0), new TextEncoder().encode(text)]));
}

/** Null for other chunks, and for what is malformed. */
export function findText({ type, data }: PngChunk): TextPlace | null {
  if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return null;
  const keyEnd = data.subarray(0, MAX_KEYWORD + 1).indexOf(0);
  if (keyEnd < 1) return null;
  const keyword = decodeLatin1(data.subarray(0, keyEnd));
  const rest = data.subarray(keyEnd + 1);
  if (type === 'tEXt') return { keyword, content: rest, packed: false, encoding: 'latin1' };
  if (type === 'zTXt') {
    if (rest[0] !== 0) return null;
    return { keyword, content: rest.subarray(1), packed: true, encoding: 'latin1' };
  }
  const [packed, method] = rest;
  const languageEnd = rest.indexOf(0, 2);
  const translatedEnd = languageEnd < 0 ? -1 : rest.indexOf(0, languageEnd + 1);
  if (translatedEnd < 0 || (packed && method !== 0)) return null;
  return { keyword, content: rest.subarray(translatedEnd + 1), packed: Boolean(packed), encoding: 'utf-8' };
}

/**
 * All texts of a PNG. A file that is cut off gives what stands before the cut.
 *
 * @param first Keywords that come first where there is not room for all.
 * @throws ImageError when the file is not a PNG.
 */
export async function readPngTexts(bytes: Uint8Array, first: readonly string[] = []): Promise<PngTexts> {
  const places = new Map<string, TextPlace[]>();
  for (const chunk of chunksBeforeDamage(bytes)) {
    const place = findText(chunk);
    if (!place) continue;
    const known = places.get(place.keyword);
    if (known) {
      known.push(place);
      // The last ones count, as in Pillow.
      if (known.length > MAX_TEXTS) known.shift();
    } else if (places.size < MAX_TEXTS || first.includes(place.keyword)) places.set(place.keyword, [place]);
  }
  const found = new Map<string, string>();
  const damaged = new Set<string>();
  let room = MAX_TEXTS_BYTES;
  for (const keyword of new Set([...first, ...places.keys()])) {
    let sound = false;
    for (const place of (places.get(keyword) ?? []).reverse()) {
      const { text, whole, cost } = await readText(place, Math.min(room, MAX_TEXT_BYTES));
      room -= cost;
      sound = whole;
      if (text !== null && (whole || !found.has(keyword))) found.set(keyword, text);
      if (sound) break;
    }
    if (places.has(keyword) && !sound) damaged.add(keyword);
  }
  const ordered = [...places.keys()].map((keyword) => [keyword, found.get(keyword)] as const);
  const texts = new Map(
    ordered.filter((entry): entry is readonly [string, string] => entry[1] !== undefined),
  );
  return { texts, damaged: [...damaged] };
}

interface ReadText {
  /** Null where nothing of it can be read. */
  readonly text: string | null;
  readonly whole: boolean;
  /** Bytes that were unpacked or decoded for it, text or not. */
  readonly cost: number;
}

async function readText({ content, packed, encoding }: TextPlace, room: number): Promise<ReadText> {
  if (packed ? room === 0 : content.length > room) return { text: null, whole: false, cost: 0 };
  const { bytes, end } = packed ? await unpack(content, room) : { bytes: content, end: 'whole' };
  const cost = bytes.length;
  if (end === 'too large') return { text: null, whole: false, cost };
  const whole = end === 'whole';
  if (encoding === 'latin1') return { text: decodeLatin1(bytes), whole, cost };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), whole, cost };
  } catch {
    return { text: null, whole: false, cost };
  }
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
