// An upscaler's file: what it is, whether it can be used, and which tensors are kept of it.
import { inferShapes } from '../../graph/shapes.ts';
import type { TensorShapes, WeightPlanEntry } from '../types.ts';
import { weightProblem } from '../weight-limits.ts';
import { findUpscaler, type FoundUpscaler } from './architectures.ts';
import type { UpscalerInfo } from './kinds.ts';

export interface UpscalerFile {
  /** "Real-ESRGAN x4". */
  readonly label: string;
  /** Null where it cannot be used. */
  readonly info: UpscalerInfo | null;
  /** Why not. */
  readonly problem: string | null;
}

/** More is no enlargement but a damaged file: no network of these kinds has it. */
const MAX_SCALE = 16;
/** Sides of a picture that a network is tried on, without running it. */
const TRIED = 16;

/** Null for what is no upscaler. */
export function readUpscaler(tensors: TensorShapes): UpscalerFile | null {
  const found = findUpscaler(tensors);
  if (!found) return recogniseOthers(tensors);
  const { architecture, label } = found;
  const { name, scale } = label;
  const told = Number.isInteger(scale) && scale > 1 ? `${name} x${scale}` : name;
  const problem = problemWith(found, tensors);
  return { label: told, info: problem === null ? { kind: architecture.kind, scale } : null, problem };
}

/** Its graph is built once: what that reads has to be there, in shapes that fit together and in a form that can be read. */
function problemWith(found: FoundUpscaler, tensors: TensorShapes): string | null {
  const { scale } = found.label;
  if (!Number.isInteger(scale) || scale < 1 || scale > MAX_SCALE)
    return 'Its layers do not tell a size to enlarge to.';
  let plan: readonly WeightPlanEntry[];
  try {
    plan = planOf(found);
    // Whether each layer takes what the one before it gives.
    const { graph, feeds } = found.architecture.network(found.weights, 'float32');
    inferShapes(graph, feeds({ image: new Float32Array(3 * TRIED * TRIED), height: TRIED, width: TRIED }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return weightProblem(tensors, plan, (name) => found.architecture.marks?.includes(name) === true);
}

/** What the library keeps of it: all that its graph reads. Throws Error where that is not there. */
export function planUpscaler(tensors: TensorShapes): WeightPlanEntry[] {
  const found = findUpscaler(tensors);
  return found ? planOf(found) : [];
}

function planOf({ architecture, weights, prefix }: FoundUpscaler): WeightPlanEntry[] {
  const { graph } = architecture.network(weights, 'float32');
  const marks = (architecture.marks ?? []).filter((name) => weights.shapeOf(name) !== undefined);
  const names = new Set([...graph.weights.map(({ name }) => name), ...marks]);
  return [...names].map((name) => ({
    name,
    sources: [prefix + name],
    transpose: false,
    shape: weights.shapeOf(name)!,
    network: 'upscaler',
  }));
}

/** Known by name, and not run. */
function recogniseOthers(tensors: TensorShapes): UpscalerFile | null {
  for (const prefix of ['', 'params_ema.', 'params.']) {
    if (!tensors.has(`${prefix}m_head.0.weight`) || !tensors.has(`${prefix}m_tail.0.weight`)) continue;
    return { label: 'SCUNet', info: null, problem: 'Darkroom does not run networks of its kind.' };
  }
  return null;
}
