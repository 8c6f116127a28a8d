// RetinaFace (Deng et al. 2020) with a ResNet-50, as facexlib has it: a backbone whose last three stages are joined from coarse to fine
// (FPN), widened (SSH), and read for every anchor (retina-face-boxes.ts).
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { countFrom } from '../layouts/mapped.ts';
import { Level } from '../level.ts';
import { float32Tensor, type Network } from '../network.ts';
import { pictureTrial, type FaceArchitecture, type PictureInputs } from './architecture.ts';
import { FaceLayers, type FaceConvOptions } from './face-layers.ts';
import { ANCHORS_A_PLACE, STRIDES } from './retina-face-boxes.ts';

/** Of blue, green and red, which the network is given in this order, as bytes. */
const MEANS = [104, 117, 123];
/** Up to this width activations let a tenth through of what is negative. */
const NARROW = 64;
const SLOPE = 0.1;
/** What each head says of an anchor: no face and face; its box; five points. */
const HEADS = [
  ['loc', 'BboxHead', 4],
  ['conf', 'ClassHead', 2],
  ['landms', 'LandmarkHead', 10],
] as const;

export const RETINA_FACE: FaceArchitecture = {
  kind: 'retina-face',
  name: 'RetinaFace',
  half: true,
  layers: /^(body\.layer\d+|ssh\d+|ClassHead|BboxHead|LandmarkHead)\./,

  recognise(weights) {
    const known = ['fpn.merge1.0.weight', 'ssh1.conv3X3.0.weight', 'ClassHead.0.conv1x1.weight'];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { kind: 'retina-face', side: null };
  },

  trial: (weights, precision, size) => pictureTrial(retinaFaceNetwork(weights, precision), size),
};

/** A picture as the network is given it: [3, height, width], blue, green, red, less their means. */
export function detectorInput({ data, channels, height, width }: PixelImage): PictureInputs {
  const area = height * width;
  const image = new Float32Array(3 * area);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < area; i++) image[c * area + i] = data[i * channels + 2 - c]! - MEANS[c]!;
  }
  return { image, height, width };
}

/** Outputs "loc" [1, anchors, 4], "conf" [1, anchors, 2] and "landms" [1, anchors, 10]. */
export function retinaFaceNetwork(
  weights: WeightCatalog,
  precision: Precision,
  taps: readonly string[] = [],
): Network<PictureInputs> {
  const layers = new FaceLayers(weights, precision, taps);
  const { graph } = layers;
  if (layers.has('body.stage1.0.0.weight') && !layers.has('body.conv1.weight'))
    throw new Error('It has a MobileNet as its backbone; Darkroom runs those with a ResNet-50.');
  const levels = STRIDES.map((_, index) => new Level(graph, index));
  const input = graph.input('image', 'float32', ['n', 3, 'height', 'width']);
  const stages = backbone(layers, graph.cast(input, precision));
  const features = pyramid(layers, stages, levels).map((feature, i) => context(layers, feature, i + 1));

  for (const [output, head, size] of HEADS) {
    const parts = features.map((feature, i) => headOf(layers, feature, `${head}.${i}.conv1x1`, size, i));
    const joined = graph.cast(graph.concat(parts, 1), 'float32');
    graph.output(output, output === 'conf' ? graph.softmax(joined) : joined, ['n', 'anchors', size]);
  }
  layers.finishTaps();
  return {
    graph,
    outputs: graph.outputs.map(({ name }) => name),
    feeds({ image, height, width }) {
      const extents = levels.map((level, i) => {
        const stride = STRIDES[i]!;
        return level.feeds({
          batch: 1,
          height: Math.ceil(height / stride),
          width: Math.ceil(width / stride),
        });
      });
      return {
        image: float32Tensor('image', image, [1, 3, height, width]),
        ...Object.fromEntries(extents.flatMap((fed) => Object.entries(fed))),
      };
    },
  };
}

/** torchvision's ResNet of bottlenecks; what its second, third and fourth stage give. */
function backbone(layers: FaceLayers, image: Value): Value[] {
  const { graph } = layers;
  let h = graph.relu(layers.normedConv(image, 'body.conv1', 'body.bn1', { stride: 2 }));
  h = graph.maxPool(h, 3, 2, 1);
  const stages: Value[] = [];
  for (let stage = 1; stage <= 4; stage++) {
    const name = `body.layer${stage}`;
    const blocks = countFrom((i) => layers.has(`${name}.${i}.conv1.weight`));
    if (blocks === 0) throw new Error(`The file has no tensor ${name}.0.conv1.weight, which it needs.`);
    for (let i = 0; i < blocks; i++) h = bottleneck(layers, h, `${name}.${i}`, stage > 1 && i === 0 ? 2 : 1);
    const [channels] = layers.shapeOf(`${name}.0.conv3.weight`, 4) as [number];
    const result = h;
    layers.tap(name, () => result, ['n', channels, `${name}.h`, `${name}.w`]);
    if (stage > 1) stages.push(h);
  }
  return stages;
}

function bottleneck(layers: FaceLayers, x: Value, name: string, stride: number): Value {
  const { graph } = layers;
  const part = (h: Value, i: number, options?: FaceConvOptions): Value =>
    layers.normedConv(h, `${name}.conv${i}`, `${name}.bn${i}`, options);
  const h = part(graph.relu(part(graph.relu(part(x, 1)), 2, { stride })), 3);
  const shortcut = layers.has(`${name}.downsample.0.weight`)
    ? layers.normedConv(x, `${name}.downsample.0`, `${name}.downsample.1`, { stride })
    : x;
  return graph.relu(graph.add(h, shortcut));
}

/** FPN: every stage in one width, and the coarser one added to it, at its size. */
function pyramid(layers: FaceLayers, stages: readonly Value[], levels: readonly Level[]): readonly Value[] {
  const { graph } = layers;
  const [width] = layers.shapeOf('fpn.output1.0.weight', 4) as [number];
  const activated = (h: Value): Value => (width <= NARROW ? graph.leakyRelu(h, SLOPE) : graph.relu(h));
  const conv = (h: Value, name: string): Value =>
    activated(layers.normedConv(h, `fpn.${name}.0`, `fpn.${name}.1`));
  const [fine, middle, coarse] = stages.map((stage, i) => conv(stage, `output${i + 1}`)) as [
    Value,
    Value,
    Value,
  ];
  // Sizes are halved and rounded up: what is doubled is as large as the finer one, or larger by one.
  const added = (finer: Value, coarser: Value, level: Level): Value => {
    const doubled = graph.slice(graph.upsampleNearest2x(coarser), [0, 0], level.extent, [2, 3]);
    return graph.add(finer, doubled);
  };
  const merged = conv(added(middle, coarse, levels[1]!), 'merge2');
  const finest = conv(added(fine, merged, levels[0]!), 'merge1');
  layers.tap('fpn', () => finest, levels[0]!.planesDims(width));
  return [finest, merged, coarse];
}

/** SSH: 3x3, 5x5 and 7x7, the larger ones of several 3x3. */
function context(layers: FaceLayers, x: Value, number: number): Value {
  const { graph } = layers;
  const name = `ssh${number}`;
  const conv = (h: Value, part: string): Value =>
    layers.normedConv(h, `${name}.${part}.0`, `${name}.${part}.1`);
  const widths = ['conv3X3', 'conv5X5_2', 'conv7x7_3'].map(
    (part) => layers.shapeOf(`${name}.${part}.0.weight`, 4)[0]!,
  );
  const width = widths.reduce((sum, each) => sum + each, 0);
  const activated = (h: Value): Value => (width <= NARROW ? graph.leakyRelu(h, SLOPE) : graph.relu(h));
  const five = activated(conv(x, 'conv5X5_1'));
  const seven = activated(conv(five, 'conv7X7_2'));
  const seen = [conv(x, 'conv3X3'), conv(five, 'conv5X5_2'), conv(seven, 'conv7x7_3')];
  const result = graph.relu(graph.concat(seen, 1));
  layers.tap(name, () => result, ['n', width, `h${number - 1}`, `w${number - 1}`]);
  return result;
}

/** What one head says of every anchor of a feature map: [1, anchors, size], place by place. */
function headOf(layers: FaceLayers, feature: Value, name: string, size: number, index: number): Value {
  const { graph } = layers;
  const [outputs] = layers.shapeOf(`${name}.weight`, 4) as [number];
  if (outputs !== ANCHORS_A_PLACE * size)
    throw new Error(
      `Tensor ${name}.weight says ${outputs} things of a place; the network has ${ANCHORS_A_PLACE * size}.`,
    );
  const places = graph.transpose(layers.conv(feature, name), [0, 2, 3, 1]);
  return graph.reshape(places, [1, -1, size], ['n', `anchors${index}`, size]);
}
