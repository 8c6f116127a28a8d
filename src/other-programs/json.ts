// JSON out of a picture, as other programs write it: hostile until read. Python writes NaN and Infinity, which JSON lacks, and seeds
// of 64 bits, which JavaScript's numbers cannot hold.

export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
/** Has no prototype: keys come from the file. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Lists and objects in one another. Workflows have about ten. */
const MAX_DEPTH = 100;
/** Whole numbers of fewer digits are exact in JavaScript. */
const EXACT_DIGITS = 15;
/** Before a large whole number that is on its way through a string. */
const LARGE = '\0#';
const NUMBER = /-?\d[\d.eE+-]*/y;
const WORD = /-?(?:NaN|Infinity)/y;

/** Undefined for what is no JSON, or is nested deeper than anything sensible. NaN and infinity are null. */
export function readJson(text: string): Json | undefined {
  const sound = normalized(text);
  if (sound === null) return undefined;
  try {
    return JSON.parse(sound, (_, value: unknown) => {
      if (typeof value === 'string' && /^\0#-?\d+$/.test(value)) return BigInt(value.slice(LARGE.length));
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject ? Object.assign(Object.create(null) as object, value) : value;
    }) as Json;
  } catch {
    return undefined;
  }
}

/** An object; null for everything else. */
export function readObject(text: string | null | undefined): JsonObject | null {
  if (text == null || !text.trimStart().startsWith('{')) return null;
  const value = readJson(text);
  return isObject(value) ? value : null;
}

/** As JSON that JavaScript reads without loss, in one pass; null where it is nested too deep or a string has no end. */
function normalized(text: string): string | null {
  const parts: string[] = [];
  let depth = 0;
  let done = 0;
  let i = 0;
  const replace = (token: string, by: string): void => {
    parts.push(text.slice(done, i), by);
    done = i += token.length;
  };
  while (i < text.length) {
    const c = text[i]!;
    if (c === '"') {
      i += 1;
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
      if (i >= text.length) return null;
      i += 1;
    } else if (c === '{' || c === '[') {
      depth += 1;
      if (depth > MAX_DEPTH) return null;
      i += 1;
    } else if (c === '}' || c === ']') {
      depth -= 1;
      i += 1;
    } else {
      const word = c === 'N' || c === 'I' || c === '-' ? at(WORD, text, i) : null;
      const number = word === null && (c === '-' || (c >= '0' && c <= '9')) ? at(NUMBER, text, i) : null;
      if (word !== null) replace(word, 'null');
      else if (number !== null && number.length > EXACT_DIGITS && /^-?[1-9]\d*$/.test(number))
        replace(number, `"\\u0000#${number}"`);
      else i += number?.length ?? 1;
    }
  }
  return parts.join('') + text.slice(done);
}

function at(pattern: RegExp, text: string, position: number): string | null {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0] ?? null;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A text that says something; null for everything else. */
export function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A number, or a text that is one; null for everything else. */
export function numberOf(value: Json | undefined): number | null {
  if (typeof value === 'bigint') return Number(value);
  const number =
    typeof value === 'string' && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value)
      ? Number(value)
      : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** A whole number from 0 to 2^64 - 1 as its digits; null for everything else. */
export function seedOf(value: Json | undefined): string | null {
  const digits =
    typeof value === 'number' && Number.isSafeInteger(value)
      ? String(value)
      : typeof value === 'bigint' || typeof value === 'string'
        ? String(value).trim()
        : '';
  return /^\d{1,20}$/.test(digits) && BigInt(digits) < 2n ** 64n ? digits : null;
}

/** "folder/name.safetensors" -> "name". */
export function stemOf(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? '').replace(/\.(?:safetensors|sft|ckpt|pt|pth|bin|gguf)$/i, '');
}
