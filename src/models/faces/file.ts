// A file with a network for faces: what it is, whether it can be used, and which tensors are kept of it.
import { inferShapes } from '../../graph/shapes.ts';
import type { TensorShapes, WeightPlanEntry } from '../types.ts';
import { weightProblem } from '../weight-limits.ts';
import { isDeviations, nameInFile } from '../layouts/deviations.ts';
import { findFaceNetwork, type FoundFaceNetwork } from './architectures.ts';
import { FACE_ROLES, type FaceInfo, type FaceRole } from './kinds.ts';

export interface FaceFile {
  readonly role: FaceRole;
  /** "GFPGAN". */
  readonly name: string;
  /** Null where it cannot be used. */
  readonly info: FaceInfo | null;
  /** Why not. */
  readonly problem: string | null;
}

/** Of a picture that a network for any size is tried on, without running it. */
const TRIED = { height: 64, width: 64 };

/** Null for what is no network for faces. */
export function readFaceNetwork(tensors: TensorShapes): FaceFile | null {
  const found = findFaceNetwork(tensors);
  if (!found) return recogniseOthers(tensors);
  const { kind, name } = found.architecture;
  const problem = problemWith(found, tensors);
  return { role: FACE_ROLES[kind], name, info: problem === null ? found.info : null, problem };
}

/** Its graph is built once: what that reads has to be there, in shapes that fit together and in a form that can be read. */
function problemWith(found: FoundFaceNetwork, tensors: TensorShapes): string | null {
  let plan: readonly WeightPlanEntry[];
  try {
    plan = planOf(found);
    const { graph, feeds } = found.architecture.trial(found.weights, 'float32', TRIED);
    inferShapes(graph, feeds);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const stray = strayTensor(found, tensors, plan);
  if (stray !== null) return `Its tensor ${stray} belongs to a layer that lacks others.`;
  return weightProblem(tensors, plan, () => found.architecture.integers === true);
}

/** What counts how often a normalisation was trained, which nothing reads. */
const COUNTER = /\.num_batches_tracked$/;

/** Layers are counted by tensors that each of them has; where one is missing, others are left over. */
function strayTensor(
  { architecture, prefix }: FoundFaceNetwork,
  tensors: TensorShapes,
  plan: readonly WeightPlanEntry[],
): string | null {
  const read = new Set(plan.flatMap(({ sources }) => sources));
  for (const name of tensors.keys()) {
    if (read.has(name) || !name.startsWith(prefix) || COUNTER.test(name)) continue;
    const own = name.slice(prefix.length);
    if (architecture.layers.test(own)) return own;
  }
  return null;
}

/** What the library keeps of it: all that its graph reads. Throws Error where that is not there. */
export function planFaceNetwork(tensors: TensorShapes): WeightPlanEntry[] {
  const found = findFaceNetwork(tensors);
  return found ? planOf(found) : [];
}

function planOf({ architecture, weights, prefix }: FoundFaceNetwork): WeightPlanEntry[] {
  const { graph } = architecture.trial(weights, 'float32', TRIED);
  const names = new Set(graph.weights.map(({ name }) => name));
  return [...names].map((name) => ({
    name,
    sources: [prefix + nameInFile(name)],
    transpose: false,
    ...(isDeviations(name) && { form: 'roots' as const }),
    shape: weights.shapeOf(name)!,
    network: 'face',
  }));
}

/** Known by name, and not run. */
const OTHERS: readonly (readonly [names: readonly string[], FaceRole, name: string, instead: string])[] = [
  [
    ['conv_body_first.0.weight', 'stylegan_decoder.constant_input.weight'],
    'face-restorer',
    'GFPGAN 1.0',
    'GFPGAN 1.3 and 1.4',
  ],
  [['cp.resnet.conv1.weight', 'conv_out16.conv_out.weight'], 'face-parser', 'BiSeNet', 'ParseNet'],
];

function recogniseOthers(tensors: TensorShapes): FaceFile | null {
  for (const [names, role, name, instead] of OTHERS) {
    for (const prefix of ['', 'params_ema.', 'params.']) {
      if (!names.every((one) => tensors.has(prefix + one))) continue;
      return { role, name, info: null, problem: `Darkroom runs ${instead}, not this.` };
    }
  }
  return null;
}
