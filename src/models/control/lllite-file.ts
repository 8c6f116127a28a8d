// Files of ControlNet-LLLite: small modules for projections of a UNet's attentions, each with its own convolutions of the picture, under
// kohya's names.
import type { TensorShapes, WeightPlanEntry } from '../types.ts';
import { weightProblem } from '../weight-limits.ts';
import { CONTROL_FAMILY_NAMES, type ControlFamily, type ControlFile } from './kinds.ts';

const START = 'lllite_unet_';
const PLACE =
  /^(?:(?:input|output)_blocks_\d{1,2}|middle_block)_1_transformer_blocks_\d{1,2}_attn[12]_to_[qkv]$/;
/** SDXL's UNet pays no attention there. */
const FINEST = /^(?:input_blocks_[12]|output_blocks_(?:[6-9]|1\d))_1_/;

/** What a file of LLLite says; null for other files. */
export function readLite(tensors: TensorShapes): ControlFile | null {
  if (![...tensors.keys()].some((name) => name.startsWith(START))) return null;
  const places = placesOf(tensors);
  const family: ControlFamily = places.some((place) => FINEST.test(place)) ? 'sd1' : 'sdxl';
  const problem = problemOf(tensors, places) ?? weightProblem(tensors, planLite(tensors));
  if (problem !== null) return { label: 'ControlNet-LLLite', info: null, problem };
  const label = `ControlNet-LLLite for ${CONTROL_FAMILY_NAMES[family]}`;
  return { label, problem, info: { kind: 'lllite', family, difference: false, controlTypes: 0 } };
}

export function planLite(tensors: TensorShapes): WeightPlanEntry[] {
  return [...tensors].map(([name, { shape }]) => {
    return { name, sources: [name], transpose: false, shape, network: 'control' };
  });
}

/** The size of a picture after convolutions whose kernels lie side by side. */
export function sizeOfConvolved<T extends { readonly height: number; readonly width: number }>(
  { height, width }: T,
  strides: readonly number[],
): { readonly height: number; readonly width: number } {
  const after = (length: number) => strides.reduce((left, stride) => Math.floor(left / stride), length);
  return { height: after(height), width: after(width) };
}

function placesOf(tensors: TensorShapes): readonly string[] {
  const places = [...tensors.keys()].map((name) => name.slice(START.length).split('.')[0]!);
  return [...new Set(places)];
}

function problemOf(tensors: TensorShapes, places: readonly string[]): string | null {
  for (const name of tensors.keys())
    if (!name.startsWith(START)) return `It has a tensor ${name.slice(0, 80)}, which is none of LLLite's.`;
  for (const place of places) {
    if (!PLACE.test(place))
      return `It has a module for ${place.slice(0, 80)}, which is no attention of a UNet.`;
    const wrong = wrongIn(tensors, `${START}${place}`);
    if (wrong !== null) return `It is incomplete or damaged: ${wrong}.`;
  }
  return null;
}

/** The first tensor of a module that is missing or of a shape that does not fit the others. */
function wrongIn(tensors: TensorShapes, module: string): string | null {
  const shapeOf = (name: string) => tensors.get(`${module}.${name}`)?.shape;
  const layers: [name: string, weight: readonly (number | undefined)[]][] = [];
  let seen = 3;
  let part = 0;
  for (; shapeOf(`conditioning1.${part}.weight`); part += 2) {
    const [outputs = 0, , side = 0] = shapeOf(`conditioning1.${part}.weight`)!;
    layers.push([`conditioning1.${part}`, [outputs, seen, side, side]]);
    seen = outputs;
  }
  if (part === 0) return `${module}.conditioning1.0.weight`;
  const [width, channels] = shapeOf('down.0.weight') ?? [];
  layers.push(
    ['down.0', [width, channels]],
    ['mid.0', [width, (width ?? 0) + seen]],
    ['up.0', [channels, width]],
  );
  for (const [name, weight] of layers) {
    const found = shapeOf(`${name}.weight`);
    if (!found?.every((size, axis) => size > 0 && size === weight[axis]) || found.length !== weight.length)
      return `${module}.${name}.weight`;
    if (shapeOf(`${name}.bias`)?.join() !== `${weight[0]}`) return `${module}.${name}.bias`;
  }
  return null;
}
