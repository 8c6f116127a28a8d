// ParseNet (Chen et al. 2021, as facexlib has it): says of every pixel of an aligned face what it belongs to. Residual blocks down to a
// smaller size, some there, and up again; edges are mirrored.
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import { float32Tensor, type Network } from '../network.ts';
import { pictureTrial, type FaceArchitecture, type PictureInputs } from './architecture.ts';
import { FaceLayers } from './face-layers.ts';

/** What faces are parsed into; which number means what is for those who use them to say. */
export const LABELS = 19;
const SLOPE = 0.2;

export const PARSE_NET: FaceArchitecture = {
  kind: 'parse-net',
  name: 'ParseNet',
  half: true,
  layers: /^(encoder|body|decoder)\.\d+\./,

  recognise(weights) {
    const known = ['encoder.0.conv2d.weight', 'out_mask_conv.conv2d.weight'];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { kind: 'parse-net', side: null };
  },

  trial: (weights, precision, size) => pictureTrial(parseNetNetwork(weights, precision), size),
};

/**
 * A face, red, green, blue, -1..1, whose sides can be halved as often as the network does. Output "labels": [1, height, width, 1],
 * whole numbers.
 */
export function parseNetNetwork(
  weights: WeightCatalog,
  precision: Precision,
  taps: readonly string[] = [],
): Network<PictureInputs> {
  const layers = new FaceLayers(weights, precision, taps);
  const { graph } = layers;
  const blocksOf = (part: string): number => countFrom((i) => layers.has(`${part}.${i}.conv1.conv2d.weight`));
  // The first of the encoder is a convolution alone.
  const down = countFrom((i) => layers.has(`encoder.${i + 1}.conv1.conv2d.weight`));
  const [within, up] = [blocksOf('body'), blocksOf('decoder')];
  if (down !== up) throw new Error(`It halves a picture ${down} times and doubles it ${up} times.`);
  const step = 2 ** down;

  let h = conv(layers, graph.cast(graph.input('image', 'float32', ['n', 3, 'h0', 'w0']), precision), {
    name: 'encoder.0',
  });
  let level = 0;
  const tapped = (name: string, value: Value): Value => {
    const [channels] = layers.shapeOf(`${name}.conv2d.weight`, 4) as [number];
    const dims = ['n', channels, `h${level}`, `w${level}`];
    layers.tap(name.replace(/\.conv2$/, ''), () => value, dims);
    return value;
  };
  tapped('encoder.0', h);
  for (let i = 1; i <= down; i++) {
    level++;
    h = tapped(`encoder.${i}.conv2`, residual(layers, h, `encoder.${i}`, 'down'));
  }
  const encoded = h;
  for (let i = 0; i < within; i++) h = tapped(`body.${i}.conv2`, residual(layers, h, `body.${i}`, 'none'));
  h = graph.add(encoded, h);
  for (let i = 0; i < up; i++) {
    level--;
    h = tapped(`decoder.${i}.conv2`, residual(layers, h, `decoder.${i}`, 'up'));
  }
  // WebGPU finds the largest of float32 alone.
  const mask = graph.cast(conv(layers, h, { name: 'out_mask_conv' }), 'float32');
  const [labels] = layers.shapeOf('out_mask_conv.conv2d.weight', 4) as [number];
  if (labels !== LABELS) throw new Error(`It tells ${labels} parts of a face apart; ${LABELS} are known.`);
  layers.tap('out_mask_conv', () => mask, ['n', labels, 'h0', 'w0']);
  // It draws the face anew as well, which nobody needs.
  layers.tap('out_img_conv', () => conv(layers, h, { name: 'out_img_conv' }), ['n', 3, 'h0', 'w0']);

  // Places are int64, with which WebGPU can do nothing but look up: they are asked for in the layout that convolutions have there, so
  // that nothing has to be turned.
  const numbers = graph.constant(
    Array.from({ length: LABELS }, (_, i) => i),
    [LABELS],
    'float32',
  );
  const likest = graph.argMax(graph.transpose(mask, [0, 2, 3, 1]), 3);
  graph.output('labels', graph.gather(numbers, likest), ['n', 'h0', 'w0', 1]);
  layers.finishTaps();
  return {
    graph,
    outputs: graph.outputs.map(({ name }) => name),
    feeds({ image, height, width }) {
      if (height % step !== 0 || width % step !== 0)
        throw new RangeError(`A face of ${width}x${height} cannot be halved ${down} times.`);
      return { image: float32Tensor('image', image, [1, 3, height, width]) };
    },
  };
}

type Scale = 'down' | 'none' | 'up';

interface ConvolutionOf {
  readonly name: string;
  readonly scale?: Scale;
  readonly normed?: boolean;
}

/** ConvLayer. */
function conv(layers: FaceLayers, x: Value, { name, scale, normed = false }: ConvolutionOf): Value {
  const options = { edges: 'mirrored', stride: scale === 'down' ? 2 : 1 } as const;
  const h = scale === 'up' ? layers.graph.upsampleNearest2x(x) : x;
  return normed
    ? layers.normedConv(h, `${name}.conv2d`, `${name}.norm.norm`, options)
    : layers.conv(h, `${name}.conv2d`, options);
}

/** ResidualBlock: it halves in its second convolution, and doubles before its first. */
function residual(layers: FaceLayers, x: Value, name: string, scale: Scale): Value {
  const { graph } = layers;
  const first = conv(layers, x, {
    name: `${name}.conv1`,
    scale: scale === 'up' ? 'up' : 'none',
    normed: true,
  });
  const second = conv(layers, graph.leakyRelu(first, SLOPE), {
    name: `${name}.conv2`,
    scale: scale === 'down' ? 'down' : 'none',
    normed: true,
  });
  const shortcut = layers.has(`${name}.shortcut_func.conv2d.weight`)
    ? conv(layers, x, { name: `${name}.shortcut_func`, scale })
    : x;
  return graph.add(shortcut, second);
}
