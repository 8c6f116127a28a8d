// Character by character repairs of python-ftfy (ftfy/fixes.py): ligatures, widths, quotes, line breaks, surrogates, controls.

const LIGATURES: Readonly<Record<string, string>> = {
  // Digraphs kept for old encodings: Dutch, Afrikaans, Serbian and Croatian.
  Ĳ: 'IJ',
  ĳ: 'ij',
  ŉ: 'ʼn',
  Ǳ: 'DZ',
  ǲ: 'Dz',
  ǳ: 'dz',
  Ǆ: 'DŽ',
  ǅ: 'Dž',
  ǆ: 'dž',
  Ǉ: 'LJ',
  ǈ: 'Lj',
  ǉ: 'lj',
  Ǌ: 'NJ',
  ǋ: 'Nj',
  ǌ: 'nj',
  // Typography.
  ﬀ: 'ff',
  ﬁ: 'fi',
  ﬂ: 'fl',
  ﬃ: 'ffi',
  ﬄ: 'ffl',
  ﬅ: 'ſt',
  ﬆ: 'st',
};
const LIGATURE = new RegExp(`[${Object.keys(LIGATURES).join('')}]`, 'gu');

/** Takes typographic ligatures and digraphs of Latin letters apart. */
export function splitLigatures(text: string): string {
  return text.replace(LIGATURE, (ligature) => LIGATURES[ligature]!);
}

/** Full-width Latin, half-width Katakana and Hangul, and the ideographic space, in their normal widths. */
export function normalizeWidth(text: string): string {
  return text
    .replaceAll('\u3000', ' ')
    .replace(/[\uff01-\uffef]/g, (character) => character.normalize('NFKC'));
}

/** Curly quotes become straight ones. */
export function straightenQuotes(text: string): string {
  return text.replace(/[\u201c-\u201f]/g, '"').replace(/[\u02bc\u2018-\u201b]/g, "'");
}

/** All line breaks become `\n`. */
export function normalizeLineBreaks(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029\x85]/g, '\n');
}

/** Halves of surrogate pairs that stand alone become U+FFFD. */
export function replaceLoneSurrogates(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}

/** Removes terminal colours and the like: ESC [ numbers letter. */
export function removeTerminalEscapes(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\x1b\[[\p{Nd};]*[a-zA-Z]/gu, '');
}

/** Removes control characters without an effect on text; keeps whitespace, joiners, directions, and C1, the trace of mojibake. */
export function removeControls(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, '');
}

/** Marks that are brought into order together. Engines sort them in quadratic time, and no letter wears thousands. */
const MAX_MARKS = 1024;
const MARKS = new RegExp(`\\p{M}{${MAX_MARKS}}`, 'gu');

/** Unicode's composed form (NFC), in linear time: longer runs of combining marks are composed piece by piece. */
export function compose(text: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { 0: marks, index } of text.matchAll(MARKS)) {
    pieces.push(text.slice(from, index + marks.length).normalize('NFC'));
    from = index + marks.length;
  }
  pieces.push(text.slice(from).normalize('NFC'));
  return pieces.join('');
}
