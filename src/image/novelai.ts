// Pictures of NovelAI tell in JSON how they were made; A1111 makes a parameters text of it (modules/images.py
// read_info_from_image). Numbers come out as Python writes them.
import { webuiSamplerName } from '../sampling/registry.ts';
import type { Size } from './picture-file.ts';

/** Texts of a PNG that this reads. */
export const NOVELAI_KEYWORDS = ['Software', 'Description', 'Comment'] as const;

/** Python refuses longer whole numbers. */
const MAX_DIGITS = 4300;

/** A number of the JSON as it stands there. */
class JsonNumber {
  constructor(readonly text: string) {}
}

/** The parameters text; null for pictures of other programs, and where one of the values is missing. */
export function novelAiParameters(texts: ReadonlyMap<string, string>, size: Size | null): string | null {
  const description = texts.get('Description');
  const comment = texts.get('Comment');
  if (texts.get('Software') !== 'NovelAI' || description === undefined || comment === undefined) return null;
  const values = parseObject(comment);
  if (!values || !size) return null;
  const value = (name: string): string | null =>
    Object.hasOwn(values, name) ? inPython(values[name]) : null;
  const [negative, steps, scale, seed] = ['uc', 'steps', 'scale', 'seed'].map(value);
  if (!Object.hasOwn(values, 'sampler') || [negative, steps, scale, seed].includes(null)) return null;
  const named = values['sampler'];
  const sampler = (typeof named === 'string' ? webuiSamplerName(named) : undefined) ?? 'Euler a';
  return (
    `${description}\nNegative prompt: ${negative}\n` +
    `Steps: ${steps}, Sampler: ${sampler}, CFG scale: ${scale}, Seed: ${seed}, ` +
    `Size: ${size.width}x${size.height}, Clip skip: 2, ENSD: 31337`
  );
}

/** With every number as a JsonNumber: a seed may have more digits than a number of JavaScript, and 11.0 is not 11. */
function parseObject(json: string): Readonly<Record<string, unknown>> | null {
  const numbers: string[] = [];
  try {
    // First as it is, to be sure that it is JSON: then what looks like a number, outside of strings, is one.
    JSON.parse(json);
    const indexed = json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g, (token) =>
      token.startsWith('"') ? token : String(numbers.push(token) - 1),
    );
    const parsed: unknown = JSON.parse(indexed, (_, value: unknown) =>
      typeof value === 'number' ? new JsonNumber(numbers[value]!) : value,
    );
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject && !(parsed instanceof JsonNumber) ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Null for lists and objects, which no such value is. */
function inPython(value: unknown): string | null {
  if (value === null) return 'None';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (!(value instanceof JsonNumber)) return null;
  if (/[.eE]/.test(value.text)) return floatInPython(Number(value.text));
  return value.text.length > MAX_DIGITS ? null : BigInt(value.text).toString();
}

/** Python's repr of a float: the fewest digits that are exact, never without a point or an exponent. */
export function floatInPython(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [digits = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
