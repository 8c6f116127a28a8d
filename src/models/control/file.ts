// Files of control networks: what they are, and which of their tensors the library keeps.
import { product } from '../../graph/shapes.ts';
import { descentSizes, descentTensors, type DescentSizes } from '../layouts/ldm-unet.ts';
import { checkConsistent, few, LayoutError, type MappedTensors, type TensorSpec } from '../layouts/mapped.ts';
import type { TensorShapes, WeightPlanEntry } from '../types.ts';
import { MAX_WEIGHT_ELEMENTS } from '../weight-limits.ts';
import { controlNetwork } from './control-net.ts';
import { planIpAdapter, readIpAdapter } from './ip-adapter.ts';
import { CONTROL_FAMILY_NAMES, type ControlFamily, type ControlFile } from './kinds.ts';
import { planLite, readLite } from './lllite-file.ts';
import { findControl, type ControlComponent } from './layout.ts';
import { adapterNetwork, adapterSizes } from './t2i-adapter.ts';

/** What a file of a control network says; null for other files. */
export function readControl(tensors: TensorShapes): ControlFile | null {
  const within = readIpAdapter(tensors) ?? readLite(tensors);
  if (within) return within;
  const found = findControl(tensors);
  if (!found) return null;
  const family = familyOf(found);
  const controlTypes = found.tensors.get('task_embedding')?.shape[0] ?? 0;
  const difference = found.tensors.has('difference');
  const what = { controlnet: 'ControlNet', 'control-lora': 'Control-LoRA', 't2i-adapter': 'T2I-Adapter' }[
    found.kind
  ];
  const union = controlTypes > 0 ? ' union' : '';
  const problem = problemOf(found, controlTypes) ?? unreadable(tensors, found);
  const label = `${what}${union}${problem === null ? ` for ${CONTROL_FAMILY_NAMES[family]}` : ''}`;
  return {
    label,
    problem,
    info: problem === null ? { kind: found.kind, family, difference, controlTypes } : null,
  };
}

/** Every tensor of a file that `readControl` has an `info` for that its graph may read. */
export function planControl(tensors: TensorShapes): WeightPlanEntry[] {
  if (readIpAdapter(tensors)) return planIpAdapter(tensors);
  if (readLite(tensors)) return planLite(tensors);
  const found = findControl(tensors);
  if (!found) throw new Error('The file holds no control network.');
  return [...found.tensors]
    .filter(([name]) => name !== 'difference' && name !== 'lora_controlnet')
    .map(([name, { sources, transpose, shape }]) => {
      return { name: found.prefix + name, sources, transpose, shape, network: 'control' };
    });
}

/** The way down of the UNet that a ControlNet's stored tensors are a copy of. */
export function controlSizes(
  stored: Iterable<{ readonly name: string; readonly shape: readonly number[] }>,
  prefix: string,
): DescentSizes {
  const tensors = new Map(
    [...stored].map(({ name, shape }) => [
      name.slice(prefix.length),
      { sources: [name], transpose: false, shape },
    ]),
  );
  return descentSizes(tensors);
}

/** SDXL's are told a vector, SD 2's have linear projections. Adapters of SDXL begin with larger squares. */
function familyOf({ kind, tensors }: ControlComponent): ControlFamily {
  const rank = [...tensors].find(([name]) => /\.1\.proj_in\.(weight|down)$/.test(name))?.[1].shape.length;
  if (kind === 't2i-adapter')
    return adapterSizes((name) => tensors.get(name)?.shape)?.unshuffle === 16 ? 'sdxl' : 'sd1';
  if (tensors.has('label_emb.0.0.bias')) return 'sdxl';
  return rank === 2 && kind === 'controlnet' ? 'sd2' : 'sd1';
}

/** Whether its graph can be built of it; a Control-LoRA's needs the UNet that it belongs to. */
function problemOf({ kind, tensors, prefix }: ControlComponent, controlTypes: number): string | null {
  try {
    const shapeOf = (name: string) => tensors.get(name.slice(prefix.length))?.shape;
    if (kind === 't2i-adapter') {
      const sizes = adapterSizes((name) => tensors.get(name)?.shape);
      if (!sizes) return 'It reads pictures in a way that is not known.';
      adapterNetwork(sizes, { shapeOf }, 'float32');
    } else if (kind === 'controlnet') {
      const sizes = descentSizes(tensors);
      const problems = checkConsistent(tensors, controlTensors(tensors, sizes), prefix);
      if (problems.length > 0) return `It is incomplete or damaged: ${problems.join('; ')}.`;
      const whole = { ...sizes, contextDim: sizes.contextDim || 1, heads: { count: 1 } };
      controlNetwork(whole, { shapeOf }, 'float32', { controlTypes });
    }
    return null;
  } catch (error) {
    if (error instanceof LayoutError) return `It cannot be used: ${error.message}.`;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Names and shapes of what a ControlNet cannot do without, as far as its sizes tell. */
function controlTensors(tensors: MappedTensors, sizes: DescentSizes): TensorSpec {
  const { spec, skips } = descentTensors(sizes);
  const affine = (name: string, channels: number): void => {
    spec.set(`${name}.weight`, [channels, channels, 1, 1]);
    spec.set(`${name}.bias`, [channels]);
  };
  skips.forEach((channels, index) => affine(`zero_convs.${index}.0`, channels));
  affine('middle_block_out.0', skips.at(-1)!);
  const hint = tensors.get('input_hint_block.0.weight')!.shape;
  spec.set('input_hint_block.0.weight', [hint[0] ?? 0, 3, 3, 3]);
  return spec;
}

function unreadable(file: TensorShapes, { tensors }: ControlComponent): string | null {
  const forms = [...tensors.values()].flatMap(({ sources }) => {
    const form = file.get(sources[0]!)?.form;
    return form === undefined ? [] : [`${sources[0]} (${form})`];
  });
  if (forms.length > 0) return `It has weights in a form that cannot be read: ${few(forms)}.`;
  const integers = [...tensors.values()].flatMap(({ sources }) =>
    /^([IU]\d|BOOL)/.test(file.get(sources[0]!)?.dtype ?? '') ? [sources[0]!] : [],
  );
  if (integers.length > 0) return `It has weights stored as integers (${few(integers)}): a quantised model.`;
  const vast = [...tensors].flatMap(([name, { shape }]) =>
    product(shape) > MAX_WEIGHT_ELEMENTS ? [name] : [],
  );
  return vast.length > 0 ? `It has single tensors of 2 GiB and more in float32: ${few(vast)}.` : null;
}
