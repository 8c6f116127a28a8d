// Numbers and JSON as Python writes them: a merge's metadata is compared and hashed by programs that do.

/** `str(value)` of an int or a float. */
export function pythonNumber(value: number, isInt: boolean): string {
  if (isInt) return BigInt(value).toString();
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const magnitude = Math.abs(value);
  // The shortest digits that give the number back, as in JavaScript, but with other limits for exponents.
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** `round(value, 2)`: of the exact value, ties to even. */
export function roundTo2(value: number): number {
  const up = Number(value.toFixed(2));
  // A tie is exact in binary only at an odd multiple of 1/8; toFixed takes the larger magnitude.
  const eighths = value * 8;
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return up;
  const even = Math.round(up * 100) % 2 === 0;
  return even ? up : Number((up - Math.sign(value) * 0.01).toFixed(2));
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `json.dumps(value)`: spaces after "," and ":", and nothing but ASCII. Whole numbers are ints. */
export function pythonJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return pythonNumber(value, Number.isInteger(value));
  if (typeof value === 'string') return ascii(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${ascii(JSON.stringify(key))}: ${pythonJson(item as Json)}`)
    .join(', ')}}`;
}

function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
