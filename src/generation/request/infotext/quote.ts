// How one value is written into the parameters line, and read back: A1111's quote and unquote, and Python's way of printing numbers.

/** A value that a parameters line can hold. Numbers are printed as Python prints them; give a string to fix the spelling ("7.0"). */
export type InfotextScalar = string | number | boolean;

/** As Python's `str()`: True/False, `1e-05` where JavaScript writes `0.00001`. A whole number prints without a point. */
export function pythonText(value: InfotextScalar): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Number.isInteger(value)) return BigInt(value).toString();
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 16) return String(value);
  const digits = String(Math.abs(power)).padStart(2, '0');
  return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`;
}

/**
 * Puts a text into double quotes, escaped as JSON, where it could not stand bare in the line (it holds `,`, `:` or a line break).
 * Everything else is returned as it came. modules/infotext_utils.py `quote`.
 */
export function quote<T extends InfotextScalar>(value: T): T | string {
  if (typeof value !== 'string' || !/[,\n:]/.test(value)) return value;
  return JSON.stringify(value);
}

/**
 * Fields whose values are JSON objects and stand bare: A1111 has them as dictionaries, writes them so, and tears them apart at their
 * commas when it reads. Everything else is read as it does.
 */
export const OBJECT_FIELDS: ReadonlySet<string> = new Set(['Tiled Diffusion']);

/** Whether a text is a JSON object. */
export function isObject(text: string): boolean {
  if (!text.startsWith('{') || !text.endsWith('}')) return false;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** Undoes {@link quote}; text that is not a valid JSON string comes back unchanged. modules/infotext_utils.py `unquote`. */
export function unquote(text: string): string {
  if (!text.startsWith('"') || !text.endsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}
