// Repairs mojibake: text in UTF-8 that was decoded as something else, perhaps several times over.
// Program: python-ftfy 6.3.1, fix_encoding_and_explain and the fixes it names.
import { isBad } from './badness.ts';
import { ENCODINGS, LATIN_LIKE, LOST, WINDOWS_1252, decodeUtf8 } from './codecs.ts';

/** Layers of mojibake that are taken off. Each layer at least doubles what it covers, so real text never gets near. */
const MAX_LAYERS = 64;

/** Characters that bytes `first` - `last` mean in any of the Latin-1-like encodings, for use in a character class. */
function meaningsOf(first: number, last: number): string {
  const characters = new Set<string>();
  for (const encoding of LATIN_LIKE) {
    for (let byte = first; byte <= last; byte++) characters.add(encoding.decode(byte));
  }
  return [...characters].join('');
}

const CONTINUATION = meaningsOf(0x80, 0xbf);
/** Without what also stands beside mojibake for itself: dashes, quotes, bullet, ellipsis. */
const STRICT_CONTINUATION = CONTINUATION.replace(/[–—―‘’‚“”„•…]/g, '');

/**
 * Runs of what looks like UTF-8 sequences seen through a single-byte encoding. A space may stand for byte A0. Nothing right
 * after another continuation: half a garble is worse than a whole one.
 */
const UTF8_LOOKALIKE = new RegExp(
  `(?<![${STRICT_CONTINUATION}])(?:` +
    `[${meaningsOf(0xc2, 0xdf)}][ ${CONTINUATION}]|` +
    `[${meaningsOf(0xe0, 0xef)}][ ${CONTINUATION}]{2}|` +
    `[${meaningsOf(0xf0, 0xf0)}${meaningsOf(0xf3, 0xf3)}][ ${CONTINUATION}]{3})+`,
  'g',
);

/** Bytes that are UTF-8 when a space in them is taken for A0, in combinations where that is likely. */
const SPACE_FOR_A0 = new RegExp(
  [
    '[\xc2\xc3\xc5\xce\xd0\xd9] ',
    '[\xe2\xe3] [\x80-\x84\x86-\x9f\xa1-\xbf]',
    '[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf] ',
    '\xf0 [\x80-\xbf]{2}',
    '\xf0[\x80-\xbf] [\x80-\xbf]',
    '\xf0[\x80-\xbf]{2} ',
  ].join('|'),
  'g',
);

/** "Ã la": a word of its own, whose space came from two. Except before the rest of Portuguese às, àquele, àquela, àquilo. */
const A_GRAVE_WORD = /\xc3 (?! |quele|quela|quilo|s )/g;

/** UTF-8 sequences, or CESU-8 pairs, of which bytes were lost (0x1A; in places also a question mark). */
const LOSSY_UTF8 = new RegExp(
  [
    `[\xc2-\xdf]${LOST}`,
    '[\xc2\xc3]\\?',
    `\xed[\xa0-\xaf][${LOST}?]\xed[\xb0-\xbf][${LOST}?\x80-\xbf]`,
    `\xed[\xa0-\xaf][${LOST}?\x80-\xbf]\xed[\xb0-\xbf][${LOST}?]`,
    `[\xe0-\xef][${LOST}?][${LOST}\x80-\xbf]`,
    `[\xe0-\xef][${LOST}\x80-\xbf][${LOST}?]`,
    `[\xf0-\xf4][${LOST}?][${LOST}\x80-\xbf]{2}`,
    `[\xf0-\xf4][${LOST}\x80-\xbf][${LOST}?][${LOST}\x80-\xbf]`,
    `[\xf0-\xf4][${LOST}\x80-\xbf]{2}[${LOST}?]`,
    LOST,
  ].join('|'),
  'g',
);
const REPLACEMENT_IN_UTF8 = '\xef\xbf\xbd';

/** A C1 control. Global: for replacing. */
const C1 = /[\x80-\x9f]/g;

function restoreA0(bytes: string): string {
  return bytes
    .replace(A_GRAVE_WORD, '\xc3\xa0 ')
    .replace(SPACE_FOR_A0, (sequence) => sequence.replaceAll(' ', '\xa0'));
}

/** C1 controls as the Windows-1252 characters they were meant for, which is how browsers read them. */
export function replaceC1(text: string): string {
  return text.replace(C1, (control) => WINDOWS_1252.decode(control.charCodeAt(0)));
}

/** Repairs the parts that look like mojibake, each by itself. */
function repairParts(text: string): string {
  return text.replace(UTF8_LOOKALIKE, (part) =>
    // Shorter than the whole, or this would never end.
    part.length < text.length && isBad(part) ? repairEncoding(part) : part,
  );
}

/** Takes one layer off, or gives the text back. */
function repairOnce(text: string): string {
  if (!isBad(text)) return text;

  let isLatin1 = false;
  for (const encoding of ENCODINGS) {
    const encoded = encoding.encode(text);
    if (encoded === null) continue;
    if (encoding.name === 'latin-1') isLatin1 = true;
    let bytes = encoded;
    // Macroman would take an en dash before a space for an altered byte.
    if (encoding.name !== 'macroman' && bytes.search(SPACE_FOR_A0) >= 0) bytes = restoreA0(bytes);
    if (encoding.sloppy) bytes = bytes.replace(LOSSY_UTF8, REPLACEMENT_IN_UTF8);
    const decoded = decodeUtf8(bytes);
    if (decoded !== null) return decoded;
  }

  const repaired = repairParts(text);
  if (repaired !== text) return repaired;

  // Latin-1 that was meant as Windows-1252, as long as every control is defined there; then the controls one by one.
  if (isLatin1) {
    const windows = replaceC1(text);
    if (windows.search(C1) < 0 && windows !== text) return windows;
  }
  return replaceC1(text);
}

/** Repairs the encoding of a text, until nothing changes any more. */
export function repairEncoding(text: string): string {
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const repaired = repairOnce(text);
    if (repaired === text) break;
    text = repaired;
  }
  return text;
}
