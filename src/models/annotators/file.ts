// The file of a network that makes control maps: what it is, whether it can be used, and which tensors are kept of it.
import { inferShapes } from '../../graph/shapes.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { unwrapped } from '../layouts/containers.ts';
import type { TensorShapes, WeightPlanEntry } from '../types.ts';
import { weightProblem } from '../weight-limits.ts';
import { ARCHITECTURES } from './architectures.ts';
import { ANNOTATOR_KINDS, type AnnotatorInfo, type AnnotatorKind } from './kinds.ts';

export interface AnnotatorFile {
  /** "PiDiNet". */
  readonly label: string;
  /** Null where it cannot be used. */
  readonly info: AnnotatorInfo | null;
  /** Why not. */
  readonly problem: string | null;
}

interface Found {
  readonly kind: AnnotatorKind;
  /** Before the names of its tensors in the file. */
  readonly prefix: string;
  readonly weights: WeightCatalog;
}

function find(tensors: TensorShapes): Found | null {
  for (const { prefix, weights } of unwrapped(tensors)) {
    const kind = ANNOTATOR_KINDS.find((one) => ARCHITECTURES[one].is(weights));
    if (kind) return { kind, prefix, weights };
  }
  return null;
}

/** Null for what is none. */
export function readAnnotator(tensors: TensorShapes): AnnotatorFile | null {
  const found = find(tensors);
  if (!found) return null;
  const problem = problemWith(found, tensors);
  return {
    label: ARCHITECTURES[found.kind].label,
    info: problem === null ? { kind: found.kind } : null,
    problem,
  };
}

/** Its graph is built once: what that reads has to be there, in shapes that fit together and in a form that can be read. */
function problemWith(found: Found, tensors: TensorShapes): string | null {
  let plan: readonly WeightPlanEntry[];
  try {
    plan = planOf(found);
    const { tried } = ARCHITECTURES[found.kind];
    const { graph, feeds } = networkOf(found);
    inferShapes(graph, feeds({ image: new Float32Array(3 * tried * tried) }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return weightProblem(tensors, plan);
}

/** What the library keeps of it: all that its graph reads. Throws Error where that is not there. */
export function planAnnotator(tensors: TensorShapes): WeightPlanEntry[] {
  const found = find(tensors);
  return found ? planOf(found) : [];
}

function planOf(found: Found): WeightPlanEntry[] {
  const names = new Set(networkOf(found).graph.weights.map(({ name }) => name));
  return [...names].map((name) => ({
    name,
    sources: [found.prefix + name],
    transpose: false,
    shape: found.weights.shapeOf(name)!,
    network: 'annotator',
  }));
}

function networkOf({ kind, weights }: Found) {
  const { tried, network } = ARCHITECTURES[kind];
  return network(weights, 'float32', { height: tried, width: tried });
}
