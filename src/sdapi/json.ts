// JSON as it goes out: with whole numbers that JavaScript's numbers cannot hold, such as seeds of 64 bits.

export type JsonValue =
  null | boolean | number | bigint | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Numbers that JSON has no word for become null. */
export function jsonText(value: JsonValue): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(jsonText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${jsonText(one)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value);
}
