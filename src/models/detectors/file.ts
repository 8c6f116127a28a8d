// A detector's file: what it is, whether it can be used, and which tensors are kept of it.
import { inferShapes } from '../../graph/shapes.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import type { TensorShapes, WeightPlanEntry } from '../types.ts';
import { weightProblem } from '../weight-limits.ts';
import { MAX_CLASS_NAME, MAX_CLASSES, SIZES, type DetectorInfo } from './kinds.ts';
import { hasMasks, yoloNetwork, yoloSizes } from './yolo.ts';

export interface DetectorFile {
  /** "YOLOv8 (face)". */
  readonly label: string;
  /** Null where it cannot be used. */
  readonly info: DetectorInfo | null;
  /** Why not. */
  readonly problem: string | null;
}

/** Before the numbers of the layers: in a state dict, in one that lies under a key, in that of the layers alone. */
const PREFIXES = ['model.', 'model.model.', 'ema.model.', 'state_dict.model.', ''];
/** Sides of a picture that the network is tried on, without running it. */
const TRIED = 64;
/** Labels say no more of the classes than that. */
const TOLD = 3;

interface Found {
  /** Before a layer's number in the file. */
  readonly prefix: string;
  /** Its tensors as "model.0.conv.weight". */
  readonly weights: WeightCatalog;
}

function find(tensors: TensorShapes): Found | null {
  // The part that makes edges of bins: every network of the family has it, and nothing else.
  const dfl = [...tensors.keys()].find((name) => /(^|\.)\d+\.dfl\.conv\.weight$/.test(name));
  if (dfl === undefined) return null;
  const prefix = PREFIXES.find((one) => tensors.has(`${one}0.conv.weight`)) ?? '';
  return { prefix, weights: { shapeOf: (name) => tensors.get(prefix + name.slice('model.'.length))?.shape } };
}

/** Null for what is no detector of the YOLO family. `metadata`: "names" (a JSON object or list) and "imgsz", where the file has them. */
export function readDetector(
  tensors: TensorShapes,
  metadata: ReadonlyMap<string, string>,
): DetectorFile | null {
  const found = find(tensors);
  if (!found) return recogniseOlder(tensors);
  const { weights } = found;
  const has = (name: string): boolean => weights.shapeOf(`model.${name}`) !== undefined;
  // Blocks of others are named otherwise, or their head has another number.
  const isEight = ['2.m.0.cv1.conv.weight', '9.cv2.conv.weight', '22.dfl.conv.weight'].every(has);
  if (!isEight)
    return {
      label: 'YOLO',
      info: null,
      problem: 'It is no YOLOv8, the only one of its family that Darkroom runs.',
    };
  if (has('22.cv4.0.2.weight') && weights.shapeOf('model.22.cv4.0.2.weight')?.[0] === 1)
    return { label: 'YOLOv8', info: null, problem: 'It gives turned boxes, of which no masks are made.' };
  const problem = problemWith(found, tensors);
  if (problem !== null) return { label: 'YOLOv8', info: null, problem };
  const count = yoloSizes(weights).classes;
  const classes = classNames(metadata.get('names'), count);
  const named = classes ?? Array.from({ length: count }, (_, i) => `class ${i}`);
  const info: DetectorInfo = {
    kind: 'yolov8',
    task: hasMasks(weights) ? 'segment' : 'detect',
    classes: named,
    size: sizeOf(metadata.get('imgsz')),
  };
  const told = named.slice(0, TOLD).join(', ') + (count > TOLD ? ', ...' : '');
  const what = classes ? told : count === 1 ? '1 class' : `${count} classes`;
  return { label: `YOLOv8 (${what})`, info, problem: null };
}

/** Its graph is built once: what that reads has to be there, in shapes that fit together and in a form that can be read. */
function problemWith(found: Found, tensors: TensorShapes): string | null {
  let plan: readonly WeightPlanEntry[];
  try {
    const { bins, classes, masks } = yoloSizes(found.weights);
    if (bins < 2 || classes < 1 || classes > MAX_CLASSES) return 'Its head does not tell boxes and classes.';
    plan = planOf(found);
    const { graph, feeds } = yoloNetwork(found.weights, 'float32');
    const image = new Float32Array(3 * TRIED * TRIED);
    const shapes = inferShapes(graph, feeds({ image, height: TRIED, width: TRIED }));
    const prototypes = graph.outputs.find(({ name }) => name === 'prototypes');
    if (prototypes && shapes.get(prototypes.value)?.[1] !== masks)
      return 'Its masks are mixtures of more pictures than it makes, or fewer.';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return weightProblem(tensors, plan);
}

/** What the library keeps of it: all that its graph reads. Throws Error where that is not there. */
export function planDetector(tensors: TensorShapes): WeightPlanEntry[] {
  const found = find(tensors);
  return found ? planOf(found) : [];
}

function planOf({ weights, prefix }: Found): WeightPlanEntry[] {
  const names = new Set(yoloNetwork(weights, 'float32').graph.weights.map(({ name }) => name));
  return [...names].map((name) => ({
    name,
    sources: [prefix + name.slice('model.'.length)],
    transpose: false,
    shape: weights.shapeOf(name)!,
    network: 'detector',
  }));
}

/** Null where the file does not name all of them. */
function classNames(json: string | undefined, count: number): string[] | null {
  if (json === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const entries = new Map<string, unknown>(Object.entries(value));
  const names = Array.from({ length: count }, (_, i) => entries.get(`${i}`));
  return names.every((name) => typeof name === 'string' && name.length <= MAX_CLASS_NAME)
    ? (names as string[])
    : null;
}

/** Up to a multiple of 32, as ultralytics takes it. */
function sizeOf(text: string | undefined): number {
  const size = Number(text);
  if (!Number.isInteger(size) || size < SIZES.least || size > SIZES.most) return SIZES.usual;
  return Math.ceil(size / SIZES.multiple) * SIZES.multiple;
}

/** Its anchors are in the file. */
function recogniseOlder(tensors: TensorShapes): DetectorFile | null {
  const old = [...tensors.keys()].some((name) => /(^|\.)model\.24\.(anchors|m\.0\.weight)$/.test(name));
  return old ? { label: 'YOLOv5', info: null, problem: 'Darkroom runs YOLOv8, and nothing older.' } : null;
}
