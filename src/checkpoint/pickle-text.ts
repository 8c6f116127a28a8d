// The text opcodes of pickle protocol 0: numbers and strings written as lines.

/** One line's characters, each standing for one byte (latin-1). */
export type ByteLine = string;

/** An integer argument of INT or LONG ("12", "-3L"), or null where it is none. */
export function parseInteger(line: ByteLine): number | bigint | null {
  const digits = /^\s*([+-]?\d{1,1000})L?\s*$/.exec(line)?.[1];
  return digits === undefined ? null : narrow(BigInt(digits.replace('+', '')));
}

/** A FLOAT argument in Python's repr, or null. */
export function parseFloatLine(line: ByteLine): number | null {
  const text = line.trim();
  const special = /^([+-]?)(inf|nan)$/i.exec(text);
  if (special) return special[2]?.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** A STRING argument: a quoted Python 2 str literal. Gives its bytes, or null where the quotes are wrong. */
export function parseQuoted(line: ByteLine): Uint8Array | null {
  const text = line.trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) return null;
  const plain = text
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[^])/g, (whole, escape: string) =>
      /^x./.test(escape)
        ? String.fromCharCode(parseInt(escape.slice(1), 16))
        : /^[0-7]/.test(escape)
          ? String.fromCharCode(parseInt(escape, 8) & 255)
          : (SIMPLE_ESCAPES[escape] ?? whole),
    );
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

/** A UNICODE argument (raw-unicode-escape), or null where an escape names no character. */
export function parseRawUnicode(line: ByteLine): string | null {
  let ok = true;
  const text = line.replace(
    /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
    (whole, short?: string, long?: string) => {
      const code = parseInt(short ?? long ?? '', 16);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      ok = false;
      return whole;
    },
  );
  return ok ? text : null;
}

/** The value as a number where that is exact. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
