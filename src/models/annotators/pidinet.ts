// Edges by pixel differences (Su et al. 2021, "carv4" with dilations and attention; sd-webui-controlnet 1.1.455, annotator/pidinet).
// Convolutions of differences are ordinary ones whose kernels are made of the stored ones by a fixed matrix.
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import {
  AnnotatorLayers,
  checkSides,
  type AnnotatorInputs,
  type AnnotatorSize,
  type Sized,
} from './annotator-layers.ts';

const STAGES = 4;
/** "Central", "angular", "radial" differences, and none; in this order from the first layer on, again and again. */
const KINDS = ['central', 'angular', 'radial', 'plain'] as const;
type Kind = (typeof KINDS)[number];

/** Of each place around the middle of 3x3 the one that comes before it, clockwise. */
const CLOCKWISE = [3, 0, 1, 6, 4, 2, 7, 8, 5];
/** Where in 5x5 the numbers around the middle of 3x3 count, and where they count less. */
const OUTER = [0, 2, 4, 10, 14, 20, 22, 24];
const INNER = [6, 7, 8, 11, 13, 16, 17, 18];

/** For each of a kernel's 9 numbers, in which places it counts how much. */
const MATRICES: Readonly<Record<Exclude<Kind, 'plain'>, readonly (readonly number[])[]>> = {
  central: rows(9, (from, to) => (from === to ? 1 : 0) - (to === 4 ? 1 : 0)),
  angular: rows(9, (from, to) => (from === to ? 1 : 0) - (CLOCKWISE[to] === from ? 1 : 0)),
  radial: rows(25, (from, to) =>
    from === 0 ? 0 : OUTER[from - 1] === to ? 1 : INNER[from - 1] === to ? -1 : 0,
  ),
};

export function isPidinet(weights: WeightCatalog): boolean {
  return [
    'init_block.weight',
    'block4_4.conv2.weight',
    'dilations.3.conv2_4.weight',
    'classifier.weight',
  ].every((name) => weights.shapeOf(name) !== undefined);
}

/** Of BGR, 0..1; sides are multiples of 8. Outputs: "edges1" to "edges4", and "edges" of all; [1, 1, height, width], 0..1. */
export function pidinetNetwork(
  weights: WeightCatalog,
  precision: Precision,
  size: AnnotatorSize,
): Network<AnnotatorInputs> {
  checkSides(size, 2 ** (STAGES - 1));
  const layers = new AnnotatorLayers(weights, precision);
  const { graph } = layers;
  let layer = 0;
  const next = (): Kind => KINDS[layer++ % KINDS.length]!;

  let x = differences(layers, layers.picture(size), 'init_block', next(), 1);
  const block = (name: string, halves: boolean): Sized => {
    const small = halves ? layers.halve(x) : x;
    const made = differences(layers, small, `${name}.conv1`, next(), small.channels);
    const past = halves ? layers.conv(small, `${name}.shortcut`) : small;
    return layers.add(layers.conv(layers.relu(made), `${name}.conv2`), past);
  };
  const edges: Value[] = [];
  for (let stage = 1; stage <= STAGES; stage += 1) {
    for (let i = 1; layers.has(`block${stage}_${i}.conv1.weight`); i += 1)
      x = block(`block${stage}_${i}`, stage > 1 && i === 1);
    const seen = attended(layers, dilated(layers, x, `dilations.${stage - 1}`), `attentions.${stage - 1}`);
    const { value } = layers.conv(seen, `conv_reduces.${stage - 1}.conv`);
    edges.push(stage === 1 ? value : graph.resizeBilinear(value, 2 ** (stage - 1)));
  }
  const map = { channels: 1, ...size };
  for (const [i, value] of edges.entries())
    layers.output(`edges${i + 1}`, { ...map, value: graph.sigmoid(value) });
  const all = layers.conv({ ...map, value: graph.concat(edges, 1), channels: STAGES }, 'classifier');
  layers.output('edges', { ...all, value: graph.sigmoid(all.value) });
  return layers.network(size);
}

/** CDCM: the sum of what four distances show. */
function dilated(layers: AnnotatorLayers, x: Sized, name: string): Sized {
  const first = layers.conv(layers.relu(x), `${name}.conv1`);
  return [5, 7, 9, 11]
    .map((dilation, i) => layers.conv(first, `${name}.conv2_${i + 1}`, { dilation }))
    .reduce((sum, one) => layers.add(sum, one));
}

/** CSAM: places count as much as is found there. */
function attended(layers: AnnotatorLayers, x: Sized, name: string): Sized {
  const found = layers.conv(layers.conv(layers.relu(x), `${name}.conv1`), `${name}.conv2`);
  return { ...x, value: layers.graph.mul(x.value, layers.graph.sigmoid(found.value)) };
}

/** A 3x3 convolution without a bias of a kind; kernels are made in float32. */
function differences(layers: AnnotatorLayers, x: Sized, name: string, kind: Kind, groups: number): Sized {
  const { graph } = layers;
  const [channels, inputs, side] = layers.kernelOf(name);
  if (side !== 3)
    throw new Error(`Tensor ${name}.weight has kernels of ${side}x${side}; the network needs 3x3.`);
  const stored = layers.weight(`${name}.weight`, [channels * inputs, 9], [channels, inputs, 3, 3]);
  const wide = kind === 'radial' ? 5 : 3;
  const kernels =
    kind === 'plain' ? stored : graph.cast(turned(graph.cast(stored, 'float32')), graph.precision);
  const weight = graph.reshape(kernels, [channels, inputs, wide, wide]);
  const pad = (wide - 1) / 2;
  const pads = [pad, pad, pad, pad] as const;
  return { ...x, value: graph.conv(x.value, weight, null, { kernel: [wide, wide], pads, groups }), channels };

  function turned(all: Value): Value {
    if (kind === 'plain') return all;
    const matrix = graph.constant(MATRICES[kind].flat(), [9, wide * wide], 'float32');
    return graph.gemm(all, matrix, null, { transposed: false });
  }
}

function rows(places: number, value: (from: number, to: number) => number): number[][] {
  return Array.from({ length: 9 }, (_, from) => Array.from({ length: places }, (_, to) => value(from, to)));
}
