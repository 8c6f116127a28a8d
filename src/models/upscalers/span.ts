// SPAN (Wan et al. 2024): six blocks of three convolutions, with an attention that has no weights of its own. Each convolution is
// kept as it was trained, as three in a row beside a fourth (Conv3XC); they are one 3x3 convolution, and become it in the graph.
import type { Value } from '../../graph/graph.ts';
import { convolutionFill } from '../layers.ts';
import type { Architecture } from './architecture.ts';
import { PictureLayers } from './picture-layers.ts';

const BLOCKS = 6;
/** Without this, the picture is normalised first. */
const NO_NORM = 'no_norm';
const MEAN = [0.4488, 0.4371, 0.404];
const RANGE = 255;

function scaleOf(weights: Parameters<Architecture['recognise']>[0]): number {
  return Math.sqrt((weights.shapeOf('upsampler.0.weight')?.[0] ?? 0) / 3);
}

export const SPAN: Architecture = {
  kind: 'span',
  half: true,
  tiles: 'blended',
  marks: [NO_NORM],

  recognise(weights) {
    const known = ['conv_1.sk.weight', 'block_1.c1_r.conv.0.weight', 'conv_cat.weight', 'upsampler.0.weight'];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { name: 'SPAN', scale: scaleOf(weights) };
  },

  network(weights, precision) {
    const layers = new PictureLayers(weights, precision);
    const { graph } = layers;
    const scale = scaleOf(weights);
    if (!Number.isInteger(scale) || scale < 1)
      throw new Error('Its last layer does not make pictures in colour.');
    const picture = layers.input();
    const first = conv3xc(layers, layers.has(NO_NORM) ? picture : normalised(layers, picture), 'conv_1');
    const results: { out: Value; inner: Value }[] = [];
    for (let i = 1; i <= BLOCKS; i++) results.push(block(layers, results.at(-1)?.out ?? first, `block_${i}`));
    const last = conv3xc(layers, results.at(-1)!.out, 'conv_2');
    const seen = graph.concat([first, last, results[0]!.out, results.at(-1)!.inner], 1);
    const h = layers.conv(layers.conv(seen, 'conv_cat'), 'upsampler.0');
    return layers.finish(layers.pixelShuffle(h, 3, scale), scale);
  },
};

function normalised({ graph }: PictureLayers, x: Value): Value {
  const mean = graph.constant(
    MEAN.map((value) => -value),
    [3, 1, 1],
  );
  return graph.mul(graph.add(x, mean), graph.constant([RANGE], []));
}

/** `inner`: what the first convolution gave, activated. */
function block(layers: PictureLayers, x: Value, name: string): { out: Value; inner: Value } {
  const { graph } = layers;
  const inner = graph.silu(conv3xc(layers, x, `${name}.c1_r`));
  const second = graph.silu(conv3xc(layers, inner, `${name}.c2_r`));
  const third = conv3xc(layers, second, `${name}.c3_r`);
  const attention = graph.add(graph.sigmoid(third), graph.constant([-0.5], []));
  return { out: graph.mul(graph.add(third, x), attention), inner };
}

/** conv.2(conv.1(conv.0(x))) + sk(x), of 1x1, 3x3, 1x1 and 1x1, as one. */
function conv3xc(layers: PictureLayers, x: Value, name: string): Value {
  const { graph } = layers;
  const [outer, inputs] = layers.shapeOf(`${name}.conv.0.weight`, 4) as [number, number];
  const [inner] = layers.shapeOf(`${name}.conv.1.weight`, 4) as [number];
  const [outputs] = layers.shapeOf(`${name}.conv.2.weight`, 4) as [number];
  // Sums over three layers lose too much in float16.
  const stored = (part: string, shape: readonly number[], as: readonly number[] = shape): Value =>
    graph.cast(layers.weight(`${name}.${part}`, shape, as), 'float32');
  const first = stored('conv.0.weight', [outer, inputs]);
  const middle = stored('conv.1.weight', [inner, outer, 9], [inner, outer, 3, 3]);
  const last = stored('conv.2.weight', [outputs, inner]);
  const apart = graph.reshape(graph.transpose(middle, [0, 2, 1]), [9 * inner, outer]);
  const inside = graph.reshape(graph.matMul(apart, first), [inner, 9 * inputs]);
  const whole = graph.reshape(graph.matMul(last, inside), [outputs, 9, inputs]);
  const kernel = graph.reshape(graph.transpose(whole, [0, 2, 1]), [outputs, inputs, 3, 3]);
  const centre = graph.constant([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 1, 3, 3], 'float32');
  const shortcut = stored('sk.weight', [outputs, inputs, 1, 1]);
  const weight = graph.add(kernel, graph.mul(shortcut, centre));

  // The first bias goes through all nine weights.
  const seen = graph.mul(graph.mean(middle), graph.constant([9], [], 'float32'));
  const through = graph.matMul(graph.reshape(seen, [inner, outer]), stored('conv.0.bias', [outer, 1]));
  const biased = graph.matMul(last, graph.add(through, stored('conv.1.bias', [inner, 1])));
  const shifts = graph.add(stored('conv.2.bias', [outputs, 1]), stored('sk.bias', [outputs, 1]));
  const bias = graph.reshape(graph.add(biased, shifts), [outputs]);

  const fill = convolutionFill(inputs);
  const filled = (value: Value): Value => (fill > 0 ? graph.padAxis1(value, fill) : value);
  return graph.conv(
    filled(x),
    filled(graph.cast(weight, graph.precision)),
    graph.cast(bias, graph.precision),
    { kernel: [3, 3], pads: [1, 1, 1, 1] },
  );
}
