// How weights lie in our buffers. A product reads its weight column by column of the result, four at once, so weights are
// turned around when they are uploaded: [O, I, kh, kw] -> [kh, kw, I, O], and [O, I] -> [I, O]. Layers that read the same
// input lie side by side, as one.
import type { Precision, WeightRef } from '../graph/types.ts';
import { product } from '../graph/shapes.ts';
import { QUAD, roundUp } from './quads.ts';

export interface PackedWeight {
  /** `columns`: turned around, as products want it. `rows`: as it is stored, as tables are read. */
  readonly form: 'columns' | 'rows';
  readonly precision: Precision;
  /** Layers of one size of input, side by side. */
  readonly parts: readonly WeightRef[];
  /** Two parts in turn, four columns of each: a value and its gate come to the same thread. */
  readonly paired: boolean;
  /** Equal for weights that are the same thing in the same form: they share a buffer. */
  readonly key: string;
}

/** What a packed weight is made of, in elements. */
export interface PackedSize {
  /** Of one part: outputs [O], inputs [I] and taps [kh * kw] of the stored weight. */
  readonly outputs: readonly number[];
  readonly inputs: number;
  readonly taps: number;
  /** Inputs are padded with rows of zeros to so many. */
  readonly paddedInputs: number;
  readonly rows: number;
  readonly columns: number;
  /** From a row to the next. */
  readonly pitch: number;
}

export function packedWeight(
  form: PackedWeight['form'],
  precision: Precision,
  parts: readonly WeightRef[],
  paired = false,
): PackedWeight {
  const names = parts.map(({ name, shape, start }) => `${name}[${start}+${shape.join('x')}]`);
  return {
    form,
    precision,
    parts,
    paired,
    key: `${form} ${precision}${paired ? ' paired' : ''} ${names.join(' ')}`,
  };
}

export function packedSize({ form, parts }: PackedWeight): PackedSize {
  const first = parts[0]!.shape;
  if (form === 'rows') {
    const [rows, columns] = [first[0]!, product(first.slice(1))];
    const sizes = { outputs: [rows], inputs: columns, taps: 1, paddedInputs: columns };
    return { ...sizes, rows, columns, pitch: roundUp(columns, QUAD) };
  }
  const outputs = parts.map(({ shape }) => shape[0]!);
  const taps = product(first.slice(2));
  const inputs = first[1] ?? 1;
  const columns = outputs.reduce((sum, count) => sum + count, 0);
  // A vector (bias, scale) is a single row.
  const paddedInputs = first.slice(1).every((size) => size === 1) ? 1 : roundUp(inputs, QUAD);
  return {
    outputs,
    inputs,
    taps,
    paddedInputs,
    rows: taps * paddedInputs,
    columns,
    pitch: roundUp(columns, QUAD),
  };
}
