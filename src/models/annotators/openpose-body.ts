// OpenPose's network for bodies (Cao et al. 2017; sd-webui-controlnet 1.1.455, annotator/openpose/model.py): the beginning of VGG-19,
// and six stages that look at what the one before has found.
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import {
  AnnotatorLayers,
  checkSides,
  type AnnotatorInputs,
  type AnnotatorSize,
  type Sized,
} from './annotator-layers.ts';

/** Pixels of a cell of its maps. */
export const STRIDE = 8;
const STAGES = 6;
/** "" halves. */
const BEGINNING = [
  ...['conv1_1', 'conv1_2', '', 'conv2_1', 'conv2_2', '', 'conv3_1', 'conv3_2', 'conv3_3', 'conv3_4', ''],
  ...['conv4_1', 'conv4_2', 'conv4_3_CPM', 'conv4_4_CPM'],
] as const;
/** Limbs, and parts. */
const BRANCHES = ['L1', 'L2'] as const;
type Branch = (typeof BRANCHES)[number];

export function isOpenposeBody(weights: WeightCatalog): boolean {
  return ['conv4_4_CPM.weight', 'conv5_5_CPM_L1.weight', `Mconv7_stage${STAGES}_L2.weight`].every(
    (name) => weights.shapeOf(name) !== undefined,
  );
}

/**
 * Of BGR / 256 - 0.5; sides are multiples of 8. Outputs, a number for each cell: "limbs" [1, 38, height / 8, width / 8], where limbs
 * point to; "parts" [1, 19, ...], how surely a part is there.
 */
export function openposeBodyNetwork(
  weights: WeightCatalog,
  precision: Precision,
  size: AnnotatorSize,
): Network<AnnotatorInputs> {
  checkSides(size, STRIDE);
  const layers = new AnnotatorLayers(weights, precision);
  let features = layers.picture(size);
  for (const name of BEGINNING)
    features = name === '' ? layers.halve(features) : layers.relu(layers.conv(features, name));

  let found = BRANCHES.map((branch) => row(layers, features, firstStage(branch)));
  for (let stage = 2; stage <= STAGES; stage += 1) {
    const seen = joined(layers, [...found, features]);
    found = BRANCHES.map((branch) => row(layers, seen, laterStage(stage, branch)));
  }
  const [limbs, parts] = found as [Sized, Sized];
  layers.output('limbs', limbs);
  // The original lists the last layer of the limbs twice among those without one, and this one not at all.
  layers.output('parts', layers.relu(parts));
  return layers.network(size);
}

const firstStage = (branch: Branch): string[] => [1, 2, 3, 4, 5].map((i) => `conv5_${i}_CPM_${branch}`);
const laterStage = (stage: number, branch: Branch): string[] =>
  [1, 2, 3, 4, 5, 6, 7].map((i) => `Mconv${i}_stage${stage}_${branch}`);

/** One after another; ReLU after all but the last. */
function row(layers: AnnotatorLayers, x: Sized, names: readonly string[]): Sized {
  return names.reduce((made, name, i) => {
    const next = layers.conv(made, name);
    return i < names.length - 1 ? layers.relu(next) : next;
  }, x);
}

function joined(layers: AnnotatorLayers, parts: readonly Sized[]): Sized {
  const value = layers.graph.concat(
    parts.map((part) => part.value),
    1,
  );
  return { ...parts[0]!, value, channels: parts.reduce((sum, { channels }) => sum + channels, 0) };
}
