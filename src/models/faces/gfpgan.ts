// GFPGAN (Wang et al. 2021), "v1 clean", as versions 1.3 and 1.4 are: a U-Net reads a face, and says what a StyleGAN2 (Karras et al.
// 2020) shall draw: by a style for each layer, and by scales and shifts of half of its channels at every size.
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import { float32Tensor, type Network } from '../network.ts';
import type { FaceArchitecture, RestorerInputs } from './architecture.ts';
import { FaceLayers } from './face-layers.ts';

const SLOPE = 0.2;
/** Below the root that styled weights are divided by. */
const EPSILON = 1e-8;
/** Side of the smallest feature map, from which the generator starts. */
const SMALLEST = 4;
/** Sizes are doubled so often at most: faces of 1024 pixels. */
const MOST_STAGES = 8;

export const GFPGAN: FaceArchitecture = {
  kind: 'gfpgan',
  name: 'GFPGAN',
  half: false,
  layers:
    /^(conv_body_down|conv_body_up|condition_scale|condition_shift|stylegan_decoder\.(style_convs|to_rgbs))\.\d+\./,

  recognise(weights) {
    const known = ['conv_body_first.weight', 'stylegan_decoder.constant_input.weight'];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { kind: 'gfpgan', side: SMALLEST * 2 ** stagesOf(weights) };
  },

  trial(weights, precision) {
    const { graph, feeds } = gfpganNetwork(weights, precision);
    const side = SMALLEST * 2 ** stagesOf(weights);
    const image = new Float32Array(3 * side * side);
    return { graph, feeds: feeds({ image, normal: (count) => new Float32Array(count), weight: 0 }) };
  },
};

/** How often a face is halved. */
function stagesOf(weights: WeightCatalog): number {
  return countFrom(
    (i) => i < MOST_STAGES && weights.shapeOf(`conv_body_down.${i}.conv1.weight`) !== undefined,
  );
}

/** Output "restored": [1, 3, side, side], about -1..1. */
export function gfpganNetwork(
  weights: WeightCatalog,
  precision: Precision,
  taps: readonly string[] = [],
): Network<RestorerInputs> {
  const layers = new FaceLayers(weights, precision, taps);
  const { graph } = layers;
  const stages = stagesOf(weights);
  const side = SMALLEST * 2 ** stages;
  if (stages === 0) throw new Error('The file has no tensor conv_body_down.0.conv1.weight, which it needs.');
  const image = graph.cast(graph.input('image', 'float32', [1, 3, side, side]), precision);
  const { latents, conditions } = unet(layers, image, stages);
  const noises = Array.from({ length: 2 * stages + 1 }, (_, i) => {
    const at = noiseSide(i);
    return graph.cast(graph.input(`noise${i}`, 'float32', [1, 1, at, at]), precision);
  });
  const picture = generator(layers, latents, conditions, noises);
  graph.output('restored', graph.cast(picture, 'float32'), [1, 3, side, side]);
  layers.finishTaps();
  return {
    graph,
    outputs: graph.outputs.map(({ name }) => name),
    feeds({ image, normal }) {
      const drawn = noises.map((_, i) => {
        const at = noiseSide(i);
        return [`noise${i}`, float32Tensor('noise', normal(at * at), [1, 1, at, at])] as const;
      });
      return { image: float32Tensor('image', image, [1, 3, side, side]), ...Object.fromEntries(drawn) };
    },
  };
}

/** One at the smallest size, two at each of the others. */
function noiseSide(i: number): number {
  return 2 ** Math.floor((i + 5) / 2);
}

interface Read {
  /** [1, style channels], of every layer of the generator. */
  readonly latents: readonly Value[];
  /** Scale and shift of each size but the smallest. */
  readonly conditions: readonly (readonly [scale: Value, shift: Value])[];
}

function unet(layers: FaceLayers, image: Value, stages: number): Read {
  const { graph } = layers;
  const activated = (h: Value): Value => graph.leakyRelu(h, SLOPE);
  const dims = (name: string, stage: number) => {
    const at = SMALLEST * 2 ** stage;
    return [1, layers.shapeOf(`${name}.weight`, 4)[0]!, at, at];
  };
  const first = layers.conv(image, 'conv_body_first');
  layers.tap('conv_body_first', () => first, dims('conv_body_first', stages));
  let h = activated(first);
  const skips: Value[] = [];
  for (let i = 0; i < stages; i++) {
    const down = resized(layers, h, `conv_body_down.${i}`, 0.5);
    layers.tap(`conv_body_down.${i}`, () => down, dims(`conv_body_down.${i}.conv2`, stages - 1 - i));
    skips.unshift((h = down));
  }
  const last = layers.conv(h, 'final_conv');
  layers.tap('final_conv', () => last, dims('final_conv', 0));
  h = activated(last);
  const latents = latentsOf(layers, h, stages);

  const conditions = skips.map((skip, i): [Value, Value] => {
    const up = resized(layers, graph.add(h, skip), `conv_body_up.${i}`, 2);
    h = up;
    layers.tap(`conv_body_up.${i}`, () => up, dims(`conv_body_up.${i}.conv2`, i + 1));
    const at = SMALLEST * 2 ** (i + 1);
    layers.tap(`toRGB.${i}`, () => layers.conv(up, `toRGB.${i}`), [1, 3, at, at]);
    const [scale, shift] = ['condition_scale', 'condition_shift'].map((what) => {
      const name = `${what}.${i}`;
      const said = layers.conv(activated(layers.conv(up, `${name}.0`)), `${name}.2`);
      layers.tap(name, () => said, dims(`${name}.2`, i + 1));
      return said;
    }) as [Value, Value];
    return [scale, shift];
  });
  return { latents, conditions };
}

/** A style for each of the generator's layers: two of the smallest size, two more of every other. */
function latentsOf(layers: FaceLayers, h: Value, stages: number): Value[] {
  const { graph } = layers;
  const [outputs, inputs] = layers.shapeOf('final_linear.weight', 2) as [number, number];
  const [, style] = layers.shapeOf('stylegan_decoder.style_conv1.modulated_conv.modulation.weight', 2) as [
    number,
    number,
  ];
  const count = 2 * stages + 2;
  if (outputs !== count * style)
    throw new Error(`It says ${outputs} numbers of style; ${count} layers read ${style} each.`);
  const told = layers.linear(graph.reshape(h, [1, inputs]), 'final_linear', inputs, outputs);
  layers.tap('final_linear', () => told, [1, outputs]);
  return Array.from({ length: count }, (_, i) => graph.slice(told, [i * style], [(i + 1) * style], [1]));
}

/** ResBlock: two convolutions, the size changed between them. */
function resized(layers: FaceLayers, x: Value, name: string, by: number): Value {
  const { graph } = layers;
  const inside = graph.leakyRelu(layers.conv(x, `${name}.conv1`), SLOPE);
  const h = graph.leakyRelu(layers.conv(graph.resizeBilinear(inside, by), `${name}.conv2`), SLOPE);
  return graph.add(h, layers.conv(graph.resizeBilinear(x, by), `${name}.skip`, { bias: false }));
}

function generator(
  layers: FaceLayers,
  latents: Read['latents'],
  conditions: Read['conditions'],
  noises: readonly Value[],
): Value {
  const { graph } = layers;
  const [, channels] = layers.shapeOf('stylegan_decoder.constant_input.weight', 4) as [number, number];
  const start = layers.weight('stylegan_decoder.constant_input.weight', [1, channels, SMALLEST, SMALLEST]);
  const drawn = (x: Value, name: string, layer: number, latent: number): Value =>
    styled(layers, x, `stylegan_decoder.${name}`, latents[latent]!, noises[layer]!, noiseSide(layer));
  let h = drawn(start, 'style_conv1', 0, 0);
  let picture = toRgb(layers, h, 'stylegan_decoder.to_rgb1', latents[1]!);
  layers.tap('stylegan_decoder.to_rgb1', () => picture, [1, 3, SMALLEST, SMALLEST]);
  for (const [i, condition] of conditions.entries()) {
    h = drawn(graph.resizeBilinear(h, 2), `style_convs.${2 * i}`, 2 * i + 1, 2 * i + 1);
    const [out] = channelsOf(layers, `stylegan_decoder.style_convs.${2 * i}`);
    h = conditioned(layers, h, out, condition, i);
    h = drawn(h, `style_convs.${2 * i + 1}`, 2 * i + 2, 2 * i + 2);
    const told = toRgb(layers, h, `stylegan_decoder.to_rgbs.${i}`, latents[2 * i + 3]!);
    picture = graph.add(told, graph.resizeBilinear(picture, 2));
  }
  return picture;
}

/** SFT: x * scale + shift, of all channels or of the second half. */
function conditioned(
  layers: FaceLayers,
  x: Value,
  channels: number,
  [scale, shift]: readonly [Value, Value],
  i: number,
): Value {
  const { graph } = layers;
  const [changed] = layers.shapeOf(`condition_scale.${i}.2.weight`, 4) as [number];
  const apply = (h: Value): Value => graph.add(graph.mul(h, scale), shift);
  if (changed === channels) return apply(x);
  if (2 * changed !== channels)
    throw new Error(`It scales ${changed} of ${channels} channels: neither all of them nor half.`);
  const same = graph.slice(x, [0], [changed], [1]);
  return graph.concat([same, apply(graph.slice(x, [changed], [channels], [1]))], 1);
}

/** StyleConv: a styled convolution, noise, a bias, an activation. */
function styled(
  layers: FaceLayers,
  x: Value,
  name: string,
  latent: Value,
  noise: Value,
  side: number,
): Value {
  const { graph } = layers;
  const [outputs] = channelsOf(layers, name);
  const convolved = modulated(layers, x, name, latent, true);
  const noisy = graph.add(convolved, graph.mul(noise, layers.weight(`${name}.weight`, [1, 1, 1, 1])));
  const result = graph.leakyRelu(graph.add(noisy, layers.weight(`${name}.bias`, [1, outputs, 1, 1])), SLOPE);
  layers.tap(name, () => result, [1, outputs, side, side]);
  return result;
}

/** ToRGB: a styled 1x1 convolution and a bias. */
function toRgb(layers: FaceLayers, x: Value, name: string, latent: Value): Value {
  const told = modulated(layers, x, name, latent, false);
  return layers.graph.add(told, layers.weight(`${name}.bias`, [1, 3, 1, 1]));
}

/** Of a styled convolution: channels that come out, and that go in. */
function channelsOf(layers: FaceLayers, name: string): [outputs: number, inputs: number, side: number] {
  const [, outputs, inputs, side] = layers.shapeOf(`${name}.modulated_conv.weight`, 5) as number[];
  return [outputs!, inputs!, side!];
}

/**
 * ModulatedConv2d: a convolution whose weights are scaled by channel going in, and then (`demodulate`) so that each channel coming out
 * has a norm of sqrt 2. Scaling what goes in and what comes out instead comes to the same, and leaves the weights as they are.
 */
function modulated(layers: FaceLayers, x: Value, name: string, latent: Value, demodulate: boolean): Value {
  const { graph } = layers;
  const [outputs, inputs, side] = channelsOf(layers, name);
  const modulation = `${name}.modulated_conv.modulation`;
  const [, style] = layers.shapeOf(`${modulation}.weight`, 2) as [number, number];
  const scales = layers.linear(latent, modulation, style, inputs);
  const kernel = layers.weight(`${name}.modulated_conv.weight`, [outputs, inputs, side, side]);
  const pad = (side - 1) / 2;
  const h = graph.conv(graph.mul(x, graph.reshape(scales, [1, inputs, 1, 1])), kernel, null, {
    kernel: [side, side],
    pads: [pad, pad, pad, pad],
  });
  if (!demodulate) return h;
  // Sums of squares leave float16's range.
  const exact = (value: Value): Value => graph.cast(value, 'float32');
  const weights = graph.reshape(exact(kernel), [outputs, inputs, side * side]);
  const energies = graph.reshape(graph.mean(graph.mul(weights, weights)), [outputs, inputs]);
  const squares = graph.mul(exact(scales), exact(scales));
  const sums = graph.gemm(squares, graph.mul(energies, graph.constant([side * side], [], 'float32')), null, {
    transposed: true,
  });
  const norms = graph.sqrt(graph.add(sums, graph.constant([EPSILON], [], 'float32')));
  const factors = graph.div(graph.constant([Math.SQRT2], [], 'float32'), norms);
  return graph.mul(h, graph.cast(graph.reshape(factors, [1, outputs, 1, 1]), graph.precision));
}
