// Bodies read field by field, with the conversions and the complaints of pydantic 1: "64" and 64.7 are whole numbers to it.
import { isList, isObject, type Json } from '../other-programs/json.ts';
import { badFields, type FieldProblem } from './api-error.ts';

/** What a field's value is once it is read. */
interface KindValues {
  readonly text: string;
  /** A whole number. */
  readonly int: number;
  /** ... of 64 bits. */
  readonly seed: number | bigint;
  readonly float: number;
  readonly bool: boolean;
  readonly texts: readonly string[];
  readonly list: readonly Json[];
  readonly dict: Readonly<Record<string, Json>>;
}

type Kind = keyof KindValues;

export interface Field<K extends Kind = Kind, S = KindValues[K] | null> {
  readonly kind: K;
  /** What counts where the field is left out, or null. Absent: the field is asked for. */
  readonly standard?: S;
  /** At least, at most, more than; one of. */
  readonly ge?: number;
  readonly le?: number;
  readonly gt?: number;
  readonly permitted?: readonly number[];
}

export type Schema = Readonly<Record<string, Field>>;

export type Values<S extends Schema> = {
  readonly [N in keyof S]:
    KindValues[S[N]['kind']] | (S[N] extends { readonly standard: null } ? null : never);
};

/** What a kind makes of a value; undefined where it makes nothing of it. */
const READERS: { readonly [K in Kind]: (value: Json) => KindValues[K] | undefined } = {
  text: (value) =>
    typeof value === 'string'
      ? value
      : typeof value === 'number' || typeof value === 'bigint'
        ? String(value)
        : undefined,
  int: (value) => {
    const read = wholeOf(value);
    return typeof read === 'number' ? read : undefined;
  },
  seed: wholeOf,
  float: (value) => {
    if (typeof value === 'boolean') return Number(value);
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'number') return value;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
    return Number.isNaN(number) ? undefined : number;
  },
  bool: (value) => {
    const word = typeof value === 'string' ? value.toLowerCase() : value;
    if (TRUE.includes(word)) return true;
    return FALSE.includes(word) ? false : undefined;
  },
  texts: (value) => {
    if (!isList(value)) return undefined;
    const texts = value.map(READERS.text);
    return texts.every((text) => text !== undefined) ? texts : undefined;
  },
  list: (value) => (isList(value) ? value : undefined),
  dict: (value) => (isObject(value) ? value : undefined),
};

const TRUE: readonly unknown[] = [true, 1, '1', 'on', 't', 'true', 'y', 'yes'];
const FALSE: readonly unknown[] = [false, 0, '0', 'off', 'f', 'false', 'n', 'no'];

const COMPLAINTS: Readonly<Record<Kind, readonly [msg: string, type: string]>> = {
  text: ['str type expected', 'type_error.str'],
  int: ['value is not a valid integer', 'type_error.integer'],
  seed: ['value is not a valid integer', 'type_error.integer'],
  float: ['value is not a valid float', 'type_error.float'],
  bool: ['value could not be parsed to a boolean', 'type_error.bool'],
  texts: ['value is not a valid list', 'type_error.list'],
  list: ['value is not a valid list', 'type_error.list'],
  dict: ['value is not a valid dict', 'type_error.dict'],
};

/** A whole number, cut where it has a fraction. Beyond what a number holds exactly it is a bigint. */
function wholeOf(value: Json): number | bigint | undefined {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? exact(BigInt(Math.trunc(value))) : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?\d{1,40}\s*$/.test(value)) return undefined;
  return exact(BigInt(value.trim().replace(/^\+/, '')));
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** @throws ApiError where the body is no object, or has a field that cannot be read. Fields that are not asked for are passed over. */
export function readFields<S extends Schema>(schema: S, body: Json | undefined): Values<S> {
  if (body === undefined || body === null)
    throw badFields([{ loc: ['body'], msg: 'field required', type: 'value_error.missing' }]);
  if (!isObject(body))
    throw badFields([{ loc: ['body'], msg: 'value is not a valid dict', type: 'type_error.dict' }]);
  const problems: FieldProblem[] = [];
  const values = Object.entries(schema).map(([name, field]) => {
    const read = readField(field, body[name]);
    if (typeof read === 'object' && read !== null && 'problem' in read) {
      problems.push({ loc: ['body', name], ...read.problem });
      return [name, null];
    }
    return [name, read.value];
  });
  if (problems.length > 0) throw badFields(problems);
  return Object.fromEntries(values) as Values<S>;
}

type Read = { readonly value: unknown } | { readonly problem: Omit<FieldProblem, 'loc'> };

function readField(field: Field, given: Json | undefined): Read {
  if (given === undefined || given === null) {
    if (field.standard !== undefined) return { value: field.standard };
    return { problem: { msg: 'field required', type: 'value_error.missing' } };
  }
  const value = READERS[field.kind](given);
  if (value === undefined) {
    const [msg, type] = COMPLAINTS[field.kind];
    return { problem: { msg, type } };
  }
  const problem = typeof value === 'number' ? rangeProblem(field, value) : null;
  return problem ? { problem } : { value };
}

function rangeProblem({ ge, le, gt, permitted }: Field, value: number): Omit<FieldProblem, 'loc'> | null {
  const beyond = (words: string, type: string, limit: number) => ({
    msg: `ensure this value is ${words} ${limit}`,
    type: `value_error.number.${type}`,
    ctx: { limit_value: limit },
  });
  if (permitted && !permitted.includes(value))
    return {
      msg: `unexpected value; permitted: ${permitted.join(', ')}`,
      type: 'value_error.const',
      ctx: { given: value, permitted },
    };
  if (gt !== undefined && !(value > gt)) return beyond('greater than', 'not_gt', gt);
  if (ge !== undefined && !(value >= ge)) return beyond('greater than or equal to', 'not_ge', ge);
  if (le !== undefined && !(value <= le)) return beyond('less than or equal to', 'not_le', le);
  return null;
}
