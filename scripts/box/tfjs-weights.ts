// Weights as TensorFlow.js keeps them: a list of names, shapes and how numbers became bytes, and a file of their bytes in that order.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number };
}

type Manifest = readonly { readonly paths: readonly string[]; readonly weights: readonly Entry[] }[];

/** Numbers, and the bytes that stood for them: number = (byte - zero) * scale. Null where they were numbers all along. */
export interface TfjsTensor {
  readonly shape: readonly number[];
  readonly numbers: Float64Array;
  readonly bytes: { readonly values: Uint8Array; readonly scale: number; readonly zero: number } | null;
}

/** How far a zero may be from a whole number, in bytes. */
const WHOLE = 1e-3;

/** By name. `list`: the path of NAME-weights_manifest.json. @throws Error for other kinds of numbers. */
export function readTfjsWeights(folder: string, list: string): Map<string, TfjsTensor> {
  const tensors = new Map<string, TfjsTensor>();
  for (const { paths, weights } of JSON.parse(readFileSync(join(folder, list), 'utf8')) as Manifest) {
    const file = Buffer.concat(paths.map((path) => readFileSync(join(folder, path))));
    let at = 0;
    for (const { name, shape, dtype, quantization } of weights) {
      const count = shape.reduce((product, size) => product * size, 1);
      if (quantization?.dtype === 'uint8') {
        const values = new Uint8Array(file.subarray(at, at + count));
        const { scale, min } = quantization;
        const numbers = Float64Array.from(values, (value) => value * scale + min);
        tensors.set(name, { shape, numbers, bytes: { values, scale, zero: Math.round(-min / scale) } });
        at += count;
      } else if (quantization === undefined && dtype === 'float32') {
        const numbers = Float64Array.from({ length: count }, (_, i) => file.readFloatLE(at + 4 * i));
        tensors.set(name, { shape, numbers, bytes: null });
        at += 4 * count;
      } else throw new Error(`${name} is stored as ${quantization?.dtype ?? dtype}.`);
    }
    if (at !== file.length) throw new Error(`${paths.join(', ')} holds more than its list says.`);
  }
  return tensors;
}

/** The bytes of a tensor whose zero is a whole one. @throws Error for others. */
export function wholeBytes(name: string, { numbers, bytes }: TfjsTensor): NonNullable<TfjsTensor['bytes']> {
  if (!bytes) throw new Error(`${name} is not stored as bytes.`);
  const { values, scale, zero } = bytes;
  for (let i = 0; i < values.length; i += 1) {
    if (Math.abs(numbers[i]! / scale - (values[i]! - zero)) > WHOLE)
      throw new Error(`${name} has no byte for 0.`);
  }
  return bytes;
}

/** The place in [H, W, I, O] (TensorFlow's order of a kernel) of each number of [O, I, H, W]; or of [I, O] of [O, I]. */
export function outputsFirst<T extends Uint8Array | Float64Array>(
  values: T,
  shape: readonly number[],
): { readonly shape: readonly number[]; readonly values: T } {
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  const places = values.length / inputs / outputs;
  const turned = values.slice() as T;
  for (let place = 0; place < places; place += 1)
    for (let i = 0; i < inputs; i += 1)
      for (let o = 0; o < outputs; o += 1)
        turned[(o * inputs + i) * places + place] = values[(place * inputs + i) * outputs + o]!;
  return { shape: [outputs, inputs, ...shape.slice(0, -2)], values: turned };
}
