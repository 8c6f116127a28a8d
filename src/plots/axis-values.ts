// What is written for an axis as values: lists, ranges with a step "1-9 (+2)" and with a count "1-10 [5]", read as Python reads
// numbers (A1111 scripts/xyz_grid.py, process_axis).
import { parseCsv } from '../prompt/csv.ts';
import { shortened } from '../generation/request/problems.ts';
import { parseFloatPython, parseIntPython, strip } from '../prompt/python-text.ts';
import { PlotError } from './plot-error.ts';

/** Whole numbers beyond what a number holds exactly are bigints. An order of words is a list. */
export type AxisValue = string | number | bigint | readonly string[];
export type ValueType = 'str' | 'int' | 'float' | 'permutations';

/** Of one axis: more than a grid can show. */
export const MAX_VALUES = 1000;

/** @throws PlotError where it holds what is no such value, or too many of them. */
export function axisValues(text: string, type: ValueType, label: string): readonly AxisValue[] {
  const words = parseCsv(text).flat().map(strip);
  switch (type) {
    case 'str':
      return bounded(words, label);
    case 'permutations':
      return permutations(words, label);
    case 'int':
      return bounded(numbers(words, INTEGERS, label), label);
    case 'float':
      return bounded(numbers(words, FLOATS, label), label);
  }
}

/** Characters of a range. */
const MAX_WORD = 100;

/** The numbers of one kind, as Python has them. */
interface NumberKind<T extends number | bigint> {
  readonly pattern: string;
  readonly countPattern: string;
  readonly example: string;
  /** Null for what is none. */
  parse(text: string): T | null;
  stepped(from: T, to: T, step: T): readonly T[];
  counted(from: T, to: T, count: number): readonly T[];
}

/** Digits of any script; blanks between sign and digits are let through here and refused by Python's int(). */
const WHOLE = '[+-]?\\s*\\p{Nd}+';
/** Python's pattern has any character where the point is meant. */
const DECIMAL = '[+-]?\\s*\\p{Nd}+(?:.\\p{Nd}*)?';

const INTEGERS: NumberKind<bigint> = {
  pattern: WHOLE,
  countPattern: '\\p{Nd}+',
  example: '"1, 2, 5-9, 10-50 (+10), 1-100 [5]"',
  parse: parseIntPython,
  stepped: (from, to, step) => steppedIntegers(from, to + 1n, step),
  counted: (from, to, count) =>
    linspace(Number(from), Number(to), count).map((value) => BigInt(Math.trunc(value))),
};

const FLOATS: NumberKind<number> = {
  pattern: DECIMAL,
  countPattern: '\\p{Nd}+(?:.\\p{Nd}*)?',
  example: '"7, 7.5, 5-10, 0-1 (+0.25), 5-10 [3]"',
  parse: parseFloatPython,
  stepped: (from, to, step) => arange(from, to + step, step),
  counted: linspace,
};

function numbers<T extends number | bigint>(
  words: readonly string[],
  kind: NumberKind<T>,
  label: string,
): (number | bigint)[] {
  const one = kind.pattern;
  const step = new RegExp(
    `^\\s*(${one})\\s*-\\s*(${one})(?:\\s*\\(([+-]${one.slice('[+-]?\\s*'.length)})\\s*\\))?\\s*$`,
    'u',
  );
  const count = new RegExp(
    `^\\s*(${one})\\s*-\\s*(${one})(?:\\s*\\[(${kind.countPattern})\\s*\\])?\\s*$`,
    'u',
  );
  if (words.length > MAX_VALUES) throw tooMany(label);
  const read = (word: string): T => {
    const value = kind.parse(word);
    if (value === null)
      throw new PlotError(
        `${label}: "${shortened(word)}" is no value. Write values and ranges like ${kind.example}.`,
      );
    return value;
  };
  return words
    .filter((word) => word !== '')
    .flatMap((word) => {
      // Before the patterns, whose work grows faster than a text does: it may come out of a picture.
      if (word.length > MAX_WORD) return [plain(read(word))];
      const stepped = step.exec(word);
      if (stepped) {
        const [from, to] = [read(stepped[1]!), read(stepped[2]!)];
        const by = stepped[3] === undefined ? read('1') : read(stepped[3]);
        if (Number(by) === 0) throw new PlotError(`${label}: the step of "${shortened(word)}" is zero.`);
        return kind.stepped(from, to, by).map(plain);
      }
      const counted = count.exec(word);
      if (!counted) return [plain(read(word))];
      const many = parseIntPython(counted[3]!);
      if (many === null)
        throw new PlotError(
          `${label}: "${shortened(word)}" needs a whole number of values between its brackets.`,
        );
      return kind
        .counted(read(counted[1]!), read(counted[2]!), Math.min(Number(many), MAX_VALUES + 1))
        .map(plain);
    });
}

function plain(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Python's range(), cut where there are too many. */
function steppedIntegers(from: bigint, end: bigint, step: bigint): bigint[] {
  const values: bigint[] = [];
  for (let value = from; step > 0n ? value < end : value > end; value += step) {
    values.push(value);
    if (values.length > MAX_VALUES) break;
  }
  return values;
}

/** NumPy's arange(): the second value decides the step that all have. */
function arange(from: number, end: number, step: number): number[] {
  const count = Math.min(Math.max(0, Math.ceil((end - from) / step)), MAX_VALUES + 1);
  const delta = from + step - from;
  return Array.from({ length: Number.isFinite(count) ? count : 0 }, (_, i) => from + i * delta);
}

/** NumPy's linspace(). */
function linspace(from: number, to: number, count: number): number[] {
  const step = (to - from) / (count - 1);
  return Array.from({ length: count }, (_, i) =>
    i > 0 && i === count - 1 ? to : from + (i > 0 ? i * step : 0),
  );
}

function permutations(words: readonly string[], label: string): readonly (readonly string[])[] {
  let orders = 1;
  for (let i = 2; i <= words.length; i++) orders *= i;
  if (orders > MAX_VALUES) throw tooMany(label);
  const orderings = (rest: readonly string[]): (readonly string[])[] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((word, i) =>
          orderings([...rest.slice(0, i), ...rest.slice(i + 1)]).map((tail) => [word, ...tail]),
        );
  return orderings(words);
}

function bounded<T>(values: readonly T[], label: string): readonly T[] {
  if (values.length > MAX_VALUES) throw tooMany(label);
  return values;
}

function tooMany(label: string): PlotError {
  return new PlotError(
    `${label}: more than ${MAX_VALUES} values. Write fewer, or a range with a larger step.`,
  );
}
