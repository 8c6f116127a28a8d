// The face detector and the landmarks of face-api (Vincent Mühler, Vladimir Mandic; MIT), out of the npm package @vladmandic/face-api.
// Dense convolutions of the detector stay the bytes that they are there; normalisations become part of the convolutions before them.
import { toFloat16 } from '../../src/checkpoint/convert.ts';
import { fileOf, type NamedTensor } from './tensors.ts';
import { outputsFirst, readTfjsWeights, wholeBytes, type TfjsTensor } from './tfjs-weights.ts';

export const FACES_PACKAGE = '@vladmandic/face-api@1.7.15';
const DETECTOR = 'ssd_mobilenetv1_model';
const LANDMARKS = 'face_landmark_68_model';
export const FACES_FILES = [DETECTOR, LANDMARKS].flatMap((name) => [
  `model/${name}.bin`,
  `model/${name}-weights_manifest.json`,
]);

/** Of the detector's normalisations. */
const EPSILON = 0.0010000000474974513;

/** `folder`: the package's. */
export function facesFile(folder: string): Promise<Uint8Array> {
  const read = (name: string) => readTfjsWeights(`${folder}/model`, `${name}-weights_manifest.json`);
  return fileOf([...detectorOf(read(DETECTOR)), ...landmarksOf(read(LANDMARKS))], {
    name: 'face-api',
    source: 'https://github.com/vladmandic/face-api',
    licence: 'MIT, Copyright (c) Vladimir Mandic; Copyright (c) 2018 Vincent Mühler',
  });
}

type Weights = ReadonlyMap<string, TfjsTensor>;

function tensorOf(weights: Weights, name: string): TfjsTensor {
  const tensor = weights.get(name);
  if (!tensor) throw new Error(`There is no ${name}.`);
  return tensor;
}

const float32 = (name: string, shape: readonly number[], numbers: ArrayLike<number>): NamedTensor => ({
  name,
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(Float32Array.from(numbers).buffer),
});

function float16(name: string, shape: readonly number[], numbers: ArrayLike<number>): NamedTensor {
  const halves = new Uint16Array(numbers.length);
  toFloat16(new Uint8Array(Float32Array.from(numbers).buffer), 'F32', halves);
  return { name, dtype: 'F16', shape, bytes: new Uint8Array(halves.buffer) };
}

function detectorOf(weights: Weights): NamedTensor[] {
  const dense = (to: string, kernel: string, bias: string): NamedTensor[] => {
    const tensor = tensorOf(weights, kernel);
    const { values, scale, zero } = wholeBytes(kernel, tensor);
    const turned = outputsFirst(values, tensor.shape);
    const { numbers, shape } = tensorOf(weights, bias);
    return [
      { name: `detector.${to}.weight`, dtype: 'U8', shape: turned.shape, bytes: turned.values },
      float32(`detector.${to}.minus_zero`, [1], [-zero]),
      float32(`detector.${to}.scale`, [1], [scale]),
      float32(`detector.${to}.bias`, shape, numbers),
    ];
  };
  const pointwise = (to: string, from: string) =>
    dense(to, `${from}/weights`, `${from}/convolution_bn_offset`);
  const depthwise = (to: string, from: string): NamedTensor[] => {
    const [kernel, gamma, beta, mean, variance] = [
      'depthwise_weights',
      ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part) => `BatchNorm/${part}`),
    ].map((part) => tensorOf(weights, `${from}/${part}`).numbers) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const channels = gamma.length;
    const factors = gamma.map((value, c) => value / Math.sqrt(variance[c]! + EPSILON));
    // [3, 3, channels, 1]
    const numbers = Float64Array.from({ length: kernel.length }, (_, i) => {
      const [c, place] = [Math.trunc(i / 9), i % 9];
      return kernel[place * channels + c]! * factors[c]!;
    });
    const bias = beta.map((value, c) => value - mean[c]! * factors[c]!);
    return [
      float32(`detector.${to}.weight`, [channels, 1, 3, 3], numbers),
      float32(`detector.${to}.bias`, [channels], bias),
    ];
  };
  const numbered = (pattern: RegExp): string[] => [
    ...new Set([...weights.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? [])),
  ];
  const tensors = pointwise('conv0', 'MobilenetV1/Conv2d_0_pointwise');
  for (const i of numbered(/^MobilenetV1\/Conv2d_(\d+)_depthwise\//)) {
    tensors.push(...depthwise(`block${i}.depthwise`, `MobilenetV1/Conv2d_${i}_depthwise`));
    tensors.push(...pointwise(`block${i}.pointwise`, `MobilenetV1/Conv2d_${i}_pointwise`));
  }
  for (const i of numbered(/^Prediction\/Conv2d_(\d+)_pointwise\//))
    tensors.push(...pointwise(`extra${i}`, `Prediction/Conv2d_${i}_pointwise`));
  for (const i of numbered(/^Prediction\/BoxPredictor_(\d+)\/Class/)) {
    const from = `Prediction/BoxPredictor_${i}`;
    for (const [to, part] of [
      ['box', 'BoxEncodingPredictor'],
      ['class', 'ClassPredictor'],
    ] as const)
      tensors.push(...dense(`head${i}.${to}`, `${from}/${part}/weights`, `${from}/${part}/biases`));
  }
  return tensors;
}

function landmarksOf(weights: Weights): NamedTensor[] {
  return [...weights].map(([name, { shape, numbers }]) => {
    const to = name
      .replace(/^dense(\d+)\//, 'block$1.')
      .replace(/\/?(depthwise|pointwise)_filter$/, '.$1.weight')
      .replace(/\/(filters|weights)$/, '.weight')
      .replace('/', '.');
    if (shape.length === 1) return float16(`landmarks.${to}`, shape, numbers);
    // A kernel of one channel each: [3, 3, channels, 1].
    if (to.includes('.depthwise.')) {
      const channels = shape[2]!;
      const turned = Float64Array.from(numbers, (_, i) => numbers[(i % 9) * channels + Math.trunc(i / 9)]!);
      return float16(`landmarks.${to}`, [channels, 1, 3, 3], turned);
    }
    const turned = outputsFirst(numbers, shape);
    return float16(`landmarks.${to}`, turned.shape, turned.values);
  });
}
