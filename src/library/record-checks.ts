// Small questions to values whose kind nobody knows yet: what parses stored records asks them.

export type Fields = Readonly<Record<string, unknown>>;
export type Check = (value: unknown) => boolean;

const MAX_TEXT = 10_000;
const MAX_SIZE = 2 ** 31;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function orNull(check: Check): Check {
  return (value) => value === null || check(value);
}

export function isListOf(check: Check, most: number): (value: unknown) => value is readonly unknown[] {
  return (value): value is readonly unknown[] =>
    Array.isArray(value) && value.length <= most && Array.from(value).every(check);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

export function isHex(value: unknown, digits: number): boolean {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function isSize(value: unknown): boolean {
  return isCount(value) && value > 0 && value < MAX_SIZE;
}

export function isSizes(value: unknown, most: number): value is readonly number[] {
  return isListOf((size) => isCount(size) && size < MAX_SIZE, most)(value);
}

/** What a Date can show. Files may be older than 1970. */
export function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}
