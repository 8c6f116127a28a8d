// A strict JSON reader for file headers. Unlike JSON.parse it refuses duplicate keys and deep nesting, keeps objects
// as Maps (no name can collide with a JavaScript member) and lets only exact integers count as numbers.

export type JsonValue = null | boolean | number | string | JsonValue[] | Map<string, JsonValue>;

/** The text is not JSON, or not the JSON that a header may hold. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** A header of half a million tensors has no more values than this. */
const MAX_VALUES = 4_000_000;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const INTEGER = /^-?\d+$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Parses one JSON value that fills the whole text (white space around it allowed).
 * Numbers that are not written as integers, or leave the safe range, come back as NaN.
 * Throws JsonError.
 */
export function parseJson(text: string, maxDepth = 16): JsonValue {
  let at = 0;
  let values = 0;

  const fail = (what: string): never => {
    throw new JsonError(`${what} at character ${at}`);
  };

  const skipSpace = (): void => {
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
    }
  };

  const expect = (c: string): void => {
    if (text[at] !== c) fail(`${c} expected`);
    at++;
  };

  const string = (): string => {
    expect('"');
    const start = at;
    for (; ; at++) {
      if (at >= text.length) fail('unterminated text');
      const c = text.charCodeAt(at);
      if (c === 0x22) break;
      if (c < 0x20) fail('control character in a text');
      if (c === 0x5c) at++;
    }
    const raw = text.slice(start, at++);
    if (!raw.includes('\\')) return raw;
    let value: string;
    try {
      value = JSON.parse(`"${raw}"`) as string;
    } catch {
      return fail('bad escape in a text');
    }
    if (LONE_SURROGATE.test(value)) fail('half a character in a text');
    return value;
  };

  const number = (): number => {
    NUMBER.lastIndex = at;
    const literal = NUMBER.exec(text)?.[0];
    if (literal === undefined) return fail('value expected');
    at += literal.length;
    const value = INTEGER.test(literal) && literal !== '-0' ? Number(literal) : NaN;
    return Number.isSafeInteger(value) ? value : NaN;
  };

  const word = <T>(literal: string, value: T): T => {
    if (!text.startsWith(literal, at)) fail('value expected');
    at += literal.length;
    return value;
  };

  /** Reads the members between brackets: `item` is called at the start of each. */
  const members = (close: string, item: () => void): void => {
    at++;
    skipSpace();
    if (text[at] === close) {
      at++;
      return;
    }
    for (;;) {
      skipSpace();
      item();
      skipSpace();
      if (text[at] === ',') {
        at++;
        continue;
      }
      expect(close);
      return;
    }
  };

  const value = (depth: number): JsonValue => {
    if (depth > maxDepth) fail('nested too deeply');
    if (++values > MAX_VALUES) fail('too many values');
    switch (text[at]) {
      case '{': {
        const object = new Map<string, JsonValue>();
        members('}', () => {
          const key = string();
          if (object.has(key)) fail(`the name ${JSON.stringify(key.slice(0, 200))} appears twice`);
          skipSpace();
          expect(':');
          skipSpace();
          object.set(key, value(depth + 1));
        });
        return object;
      }
      case '[': {
        const array: JsonValue[] = [];
        members(']', () => array.push(value(depth + 1)));
        return array;
      }
      case '"':
        return string();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      default:
        return number();
    }
  };

  skipSpace();
  const result = value(0);
  skipSpace();
  if (at !== text.length) fail('something follows the value');
  return result;
}
