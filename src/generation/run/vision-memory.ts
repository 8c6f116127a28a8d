// How much of the GPU's memory is taken to look at pictures for IP-Adapters, and by what stays of those beside a UNet.
import { product } from '../../graph/shapes.ts';
import { controlsAmong, findControl } from '../../library/control-choice.ts';
import type { StoredModel } from '../../library/types.ts';
import { visionFor, visionOf } from '../../library/vision-choice.ts';
import { CLIP_SIDE, clipVisionNetwork } from '../../models/annotators/clip-vision.ts';
import { LAYERS_PREFIX } from '../../models/control/ip-adapter.ts';
import type { SizedRequest } from '../request/request.ts';
import { needOf, NO_NEED, runOf, type Computing, type Need } from './run-memory.ts';

/** Of the largest of the towers that a request's units look through: each is loaded for its pictures alone. */
export function visionNeed(
  { controlUnits = [] }: SizedRequest,
  models: readonly StoredModel[],
  computing: Computing,
): Need {
  if (controlUnits.length === 0) return NO_NEED;
  const named = controlsAmong(models);
  const towers = controlUnits.flatMap(({ model }) => {
    const adapter = findControl(named, model)?.model;
    const wanted = adapter?.detection.control?.kind === 'ip-adapter' ? visionOf(adapter) : null;
    return (wanted && visionFor(models, wanted)) ?? [];
  });
  return [...new Set(towers)]
    .map((tower) => needOfTower(tower, computing))
    .reduce((most, need) => (need.weights + need.peak > most.weights + most.peak ? need : most), NO_NEED);
}

function needOfTower({ tensors }: StoredModel, computing: Computing): Need {
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const precision = computing.shaderF16 ? 'float16' : 'float32';
  const size = { width: CLIP_SIDE, height: CLIP_SIDE };
  const network = clipVisionNetwork({ shapeOf: (name) => shapes.get(name) }, precision, size);
  const image = new Float32Array(3 * CLIP_SIDE * CLIP_SIDE);
  return needOf(runOf('CLIP vision', network, { image }, computing, network.outputs));
}

/** LLLite's modules, a part of the UNet likewise. */
export function liteNeed({ tensors }: Pick<StoredModel, 'tensors'>, { shaderF16 }: Computing): Need {
  const elements = tensors.reduce((sum, { shape }) => sum + product(shape), 0);
  return { ...NO_NEED, weights: elements * (shaderF16 ? 2 : 4) };
}

/** Keys' and values' products, which are a part of the UNet. What they give is few tokens, and is not counted. */
export function adapterNeed({ tensors }: Pick<StoredModel, 'tensors'>, { shaderF16 }: Computing): Need {
  const elements = tensors
    .filter(({ name }) => name.startsWith(LAYERS_PREFIX))
    .reduce((sum, { shape }) => sum + product(shape), 0);
  return { ...NO_NEED, weights: elements * (shaderF16 ? 2 : 4) };
}
