// Files of IP-Adapters (Ye et al. 2023; tencent-ailab/IP-Adapter): a projection of what CLIP sees to tokens, and for each cross attention
// of a UNet products of its own that make keys and values of them.
import { inferShapes } from '../../graph/shapes.ts';
import type { TensorShapes, WeightPlanEntry } from '../types.ts';
import { weightProblem } from '../weight-limits.ts';
import { projectionNetwork } from './image-projection.ts';
import { projectionSizes, PROJECTION_PREFIX } from './projection-sizes.ts';
import { CONTROL_FAMILY_NAMES, type ControlFamily, type ControlFile } from './kinds.ts';

export const LAYERS_PREFIX = 'ip_adapter.';

type ShapeOf = (name: string) => readonly number[] | undefined;

/** Names of a layer's products; published files number them 1, 3, 5, ... in the order input, output, middle blocks. */
export function layerNames(layer: number): { readonly keys: string; readonly values: string } {
  const name = `${LAYERS_PREFIX}${2 * layer + 1}`;
  return { keys: `${name}.to_k_ip.weight`, values: `${name}.to_v_ip.weight` };
}

/** What a file of an IP-Adapter says; null for other files. */
export function readIpAdapter(tensors: TensorShapes): ControlFile | null {
  if (!tensors.has(layerNames(0).keys)) return null;
  const shapeOf: ShapeOf = (name) => tensors.get(name)?.shape;
  const faces = ofFaces(shapeOf);
  if (faces !== null) {
    const problem = 'It reads embeddings of faces (InsightFace), which Darkroom does not compute.';
    const advice =
      'IP-Adapters that look at pictures through CLIP work: plain ones, Plus, Plus Face, Full Face.';
    return { label: faces, info: null, problem, advice };
  }
  try {
    const family = familyOf(widthsOf(shapeOf));
    const plan = planIpAdapter(tensors);
    const problem = weightProblem(tensors, plan);
    const label = `${nameOf(shapeOf)} for ${CONTROL_FAMILY_NAMES[family]}`;
    if (problem !== null) return { label, info: null, problem };
    return { label, problem, info: { kind: 'ip-adapter', family, difference: false, controlTypes: 0 } };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { label: 'IP-Adapter', info: null, problem };
  }
}

/** Every tensor of a file that `readIpAdapter` has an `info` for that is read. Throws Error where one is not there. */
export function planIpAdapter(tensors: TensorShapes): WeightPlanEntry[] {
  const shapeOf: ShapeOf = (name) => tensors.get(name)?.shape;
  const sizes = projectionSizes((name) => shapeOf(PROJECTION_PREFIX + name));
  if (!sizes) throw new Error('Its projection of pictures is of a kind that is not known.');
  const network = projectionNetwork(sizes, { shapeOf }, 'float32');
  inferShapes(network.graph, network.feeds({ seen: new Float32Array(sizes.width) }));
  const names = new Set(network.graph.weights.map(({ name }) => name));
  for (const [layer, width] of widthsOf(shapeOf).entries()) {
    const { keys, values } = layerNames(layer);
    for (const name of [keys, values]) {
      const shape = shapeOf(name);
      if (shape?.length !== 2 || shape[0] !== width || shape[1] !== sizes.contextDim)
        throw new Error(
          `Tensor ${name} has shape [${shape?.join(', ') ?? ''}]; [${width}, ${sizes.contextDim}] is needed.`,
        );
      names.add(name);
    }
  }
  return [...names].map((name) => {
    return { name, sources: [name], transpose: false, shape: shapeOf(name)!, network: 'control' };
  });
}

/** Channels of the attentions that it has keys and values for, in their order. */
export function widthsOf(shapeOf: ShapeOf): readonly number[] {
  const widths: number[] = [];
  for (let shape = shapeOf(layerNames(0).keys); shape; shape = shapeOf(layerNames(widths.length).keys))
    widths.push(shape[0] ?? 0);
  return widths;
}

/** SDXL's UNet pays no attention on its finest level, so there are two widths; the others have three. */
function familyOf(widths: readonly number[]): ControlFamily {
  return new Set(widths).size > 2 ? 'sd1' : 'sdxl';
}

function nameOf(shapeOf: ShapeOf): string {
  const kind = projectionSizes((name) => shapeOf(PROJECTION_PREFIX + name))?.kind;
  return kind === 'plus' ? 'IP-Adapter Plus' : kind === 'full-face' ? 'IP-Adapter Full Face' : 'IP-Adapter';
}

/** Numbers of InsightFace's embedding of a face. */
const FACE = 512;

/** What those are called that see faces, and no pictures; null for others. */
function ofFaces(shapeOf: ShapeOf): string | null {
  const has = (name: string): boolean => shapeOf(PROJECTION_PREFIX + name) !== undefined;
  const reads = (name: string): number | undefined => shapeOf(PROJECTION_PREFIX + name)?.[1];
  if (has('perceiver_resampler.proj_in.weight')) return 'IP-Adapter FaceID Plus';
  if (has('body.0.weight') || has('mapping_0.0.weight')) return 'PuLID adapter';
  if (has('norm.weight') && has('proj.0.weight')) return 'IP-Adapter FaceID';
  return reads('proj_in.weight') === FACE ? 'InstantID adapter' : null;
}
