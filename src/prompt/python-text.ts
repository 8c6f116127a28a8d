// Python's notion of whitespace, words and numbers, which the reference programs' patterns are written in.
// JavaScript's `\s`, `\w` and `\d` differ from it in a few dozen characters.

/** Inside of a character class: Python's str.isspace(). Unlike `\s` it has U+001C - U+001F and U+0085, and no U+FEFF. */
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** Inside of a character class (flag u): Python's `\w`. */
export const WORD = '\\p{L}\\p{N}_';

const LEADING_SPACE = new RegExp(`^[${SPACE}]+`, 'u');
const SPACE_CHARACTER = new RegExp(`[${SPACE}]`, 'u');
const WORD_CHARACTER = new RegExp(`[${WORD}]`, 'u');
const DIGIT = /\p{Nd}/u;

export function isSpace(character: string): boolean {
  return SPACE_CHARACTER.test(character);
}

/** str.lstrip() */
export function stripStart(text: string): string {
  return text.replace(LEADING_SPACE, '');
}

/** str.rstrip(). A loop, for `\s+$` takes quadratic time where whitespace is followed by something else. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** str.strip() */
export function strip(text: string): string {
  return stripStart(stripEnd(text));
}

/** Whether the character that ends at `index` (or starts there) is one of Python's `\w`. */
function isWordBefore(text: string, index: number): boolean {
  if (index <= 0) return false;
  const low = text.charCodeAt(index - 1);
  const start = low >= 0xdc00 && low <= 0xdfff && index >= 2 ? index - 2 : index - 1;
  return WORD_CHARACTER.test(text.slice(start, index));
}

function isWordAt(text: string, index: number): boolean {
  const point = text.codePointAt(index);
  return point !== undefined && WORD_CHARACTER.test(String.fromCodePoint(point));
}

/** Starts of `word` where it stands alone: the matches of Python's `\bword\b`. */
export function findWord(text: string, word: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    if (!isWordBefore(text, at) && !isWordAt(text, at + word.length)) found.push(at);
  }
  return found;
}

/** Value of a decimal digit of any script. Digits stand in Unicode in runs of ten that begin with zero. */
function digitValue(character: string): number {
  let distance = 0;
  let point = character.codePointAt(0)! - 1;
  while (point >= 0 && DIGIT.test(String.fromCodePoint(point))) {
    distance++;
    point--;
  }
  return distance % 10;
}

/** Rewrites the decimal digits of all scripts as 0-9. */
export function asciiDigits(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, (character) =>
    DIGIT.test(character) ? String(digitValue(character)) : character,
  );
}

/** Digits of a whole number that is believed: far more than a seed has. */
const MAX_DIGITS = 60;

/** Python's int() of a text: a sign, digits of any script, single underscores between them. Null where Python raises ValueError. */
export function parseIntPython(text: string): bigint | null {
  const plain = asciiDigits(strip(text));
  return plain.length <= MAX_DIGITS && /^[+-]?\d+(?:_\d+)*$/.test(plain)
    ? BigInt(plain.replace(/[_+]/g, ''))
    : null;
}

/**
 * Python's float() of a decimal number: an optional sign, digits of any script, at most one point, perhaps an exponent,
 * `inf` or `nan`, single underscores between digits, and whitespace around it. Null where Python raises ValueError.
 */
export function parseFloatPython(text: string): number | null {
  const plain = asciiDigits(strip(text));
  const match =
    /^([+-]?)(?:(inf(?:inity)?|nan)|(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?)$/i.exec(
      plain,
    );
  if (match === null) return null;
  const sign = match[1] === '-' ? -1 : 1;
  const special = match[2]?.toLowerCase();
  if (special === 'nan') return NaN;
  if (special !== undefined) return sign * Infinity;
  return Number(plain.replaceAll('_', ''));
}
