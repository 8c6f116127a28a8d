// How large a single weight may be, and which weights of a file cannot be read.
import type { TensorShapes, WeightPlanEntry } from './types.ts';

/**
 * Elements: below 2 GiB in float32, which is as much as one buffer of most graphics cards holds; onnxruntime's wasm counts
 * offsets within a file in 32 bits. SDXL's largest has an eighth of it.
 */
export const MAX_WEIGHT_ELEMENTS = 2 ** 29 - 1;

/**
 * What is wrong with the tensors of a network in a file of its own, as a sentence; null for nothing. All of `plan` are in the file.
 * `mayBeIntegers`: tables, which the file has beside its weights.
 */
export function weightProblem(
  tensors: TensorShapes,
  plan: readonly WeightPlanEntry[],
  mayBeIntegers: (name: string) => boolean = () => false,
): string | null {
  for (const { name, sources, shape } of plan) {
    const { dtype, form } = tensors.get(sources[0]!)!;
    if (form !== undefined) return `Its tensor ${name} has a form that cannot be read (${form}).`;
    if (/^([IU]\d|BOOL)/.test(dtype) && !mayBeIntegers(name))
      return `Its tensor ${name} is stored as integers: a quantised model, which cannot be read.`;
    if (shape.reduce((product, size) => product * size, 1) > MAX_WEIGHT_ELEMENTS)
      return `Its tensor ${name} is larger than any browser can hold.`;
  }
  return null;
}
