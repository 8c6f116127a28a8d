// DAT (Chen et al. 2023): blocks of attention in windows and of attention over channels in turn, each beside a depthwise convolution;
// both tell the other what counts. Half of the channels lie in windows that are high, half in wide ones.
import type { Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import type { Architecture } from './architecture.ts';
import { channelAttention } from './channel-attention.ts';
import { batchNorm, spatialGate, toldApart } from './dat-parts.ts';
import { PictureLayers } from './picture-layers.ts';
import { after, denormalised, normalised, pixelShuffles, shuffledScale } from './swin-parts.ts';
import { positionBias, regionMask, windowAttention } from './window-attention.ts';
import { paddedOrder, relativePositions, regionsOf, type Plane, type Window } from './windows.ts';

const MINIMUM = 16;
const MAX_WINDOW = 64;
const FIRST = 'layers.0.blocks.0.attn.attns.0';
/** Shapes of these tell the windows: pairs of tokens, and positions relative to each other. */
const MARKS = [`${FIRST}.relative_position_index`, `${FIRST}.rpe_biases`];

/** Sides of the windows, the smaller one first, as in all published files: a b tokens, (2a - 1) (2b - 1) relative positions. */
function windowOf(weights: WeightCatalog): readonly [number, number] {
  const [tokens = 0] = weights.shapeOf(MARKS[0]!) ?? [];
  const [positions = 0] = weights.shapeOf(MARKS[1]!) ?? [];
  const half = (4 * tokens + 1 - positions) / 4;
  const apart = Math.sqrt(half * half - tokens);
  const sides = [half - apart, half + apart] as const;
  if (tokens > 0 && sides.every((side) => Number.isInteger(side) && side > 0 && side <= MAX_WINDOW))
    return sides;
  throw new Error('The sizes of its windows cannot be told.');
}

const isDirect = (weights: WeightCatalog): boolean => !weights.shapeOf('conv_before_upsample.0.weight');

function scaleOf(weights: WeightCatalog): number {
  if (!isDirect(weights)) return shuffledScale(weights);
  return Math.sqrt((weights.shapeOf('upsample.0.weight')?.[0] ?? 0) / 3);
}

export const DAT: Architecture = {
  kind: 'dat',
  half: false,
  tiles: 'blended',
  marks: MARKS,

  recognise(weights) {
    const known = ['conv_first.weight', 'before_RG.1.weight', `${FIRST}.pos.pos_proj.weight`];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { name: 'DAT', scale: scaleOf(weights) };
  },

  network(weights, precision, bare = false) {
    const layers = new PictureLayers(weights, precision);
    const { graph } = layers;
    const window = windowOf(weights);
    const scale = scaleOf(weights);
    const [channels] = layers.shapeOf('conv_first.weight', 4) as [number];
    const first = layers.conv(normalised(layers, layers.input(), 1), 'conv_first');
    let tokens = layers.layerNorm(layers.tokens(first, channels), 'before_RG.1', channels);
    const groups = countFrom((i) => layers.has(`layers.${i}.blocks.0.norm1.weight`));
    for (let group = 0; group < groups; group++) {
      const before = tokens;
      const blocks = countFrom((i) => layers.has(`layers.${group}.blocks.${i}.norm1.weight`));
      for (let i = 0; i < blocks; i++) {
        const name = `layers.${group}.blocks.${i}`;
        const shifted = group % 2 === 0 ? i > 0 && (i - 2) % 4 === 0 : i % 4 === 0;
        const normed = layers.layerNorm(tokens, `${name}.norm1`, channels);
        const attended =
          i % 2 === 0
            ? spatial(layers, normed, `${name}.attn`, channels, window, shifted)
            : overChannels(layers, normed, `${name}.attn`, channels);
        tokens = graph.add(tokens, attended);
        const second = layers.layerNorm(tokens, `${name}.norm2`, channels);
        tokens = graph.add(tokens, spatialGate(layers, second, `${name}.ffn`, channels));
      }
      const planes = after(layers, layers.planes(tokens, channels), `layers.${group}.conv`);
      tokens = graph.add(before, layers.tokens(planes, channels));
    }
    const body = layers.planes(layers.layerNorm(tokens, 'norm', channels), channels);
    const deep = graph.add(after(layers, body, 'conv_after_body'), first);
    const wide = (): Value => graph.leakyRelu(layers.conv(deep, 'conv_before_upsample.0'), 0.01);
    const enlarged = isDirect(weights)
      ? layers.pixelShuffle(layers.conv(deep, 'upsample.0'), 3, scale)
      : layers.conv(pixelShuffles(layers, wide()), 'conv_last');
    const fillings = bare ? [] : [{ minimum: MINIMUM, by: 'mirror' } as const];
    return layers.finish(denormalised(layers, enlarged, 1), scale, { fillings });
  },
};

/** Rows of "qkv": `part` 0, 1 or 2, or `of` its parts that are as wide as `width`. */
function projected(
  layers: PictureLayers,
  tokens: Value,
  name: string,
  channels: number,
  first: number,
  width: number,
) {
  return layers.linear(tokens, `${name}.qkv`, channels, width, {
    bias: layers.has(`${name}.qkv.bias`),
    rows: { first, of: 3 * channels },
  });
}

/** Adaptive_Spatial_Attention: the picture is filled up with zeros to multiples of the longer side of the windows. */
function spatial(
  layers: PictureLayers,
  tokens: Value,
  name: string,
  channels: number,
  [short, long]: readonly [number, number],
  shifted: boolean,
): Value {
  const { graph } = layers;
  const half = channels / 2;
  const part = (number: number, branch: number): Value =>
    projected(layers, tokens, name, channels, number * channels + branch * half, half);
  const values = [part(2, 0), part(2, 1)] as const;
  const branches = ([0, 1] as const).map((branch) => {
    const [height, width] = branch === 0 ? [short, long] : [long, short];
    const [down, right] = shifted ? [Math.floor(height / 2), Math.floor(width / 2)] : [0, 0];
    const qkv = [part(0, branch), part(1, branch), values[branch]] as const;
    return inWindows(layers, qkv, `${name}.attns.${branch}`, half, { height, width, down, right }, long);
  });
  const attended = graph.concat(branches, 1);
  const convolved = depthwise(layers, graph.concat([...values], 1), name, channels);
  const [ofChannels, ofPlaces] = toldApart(layers, name, channels);
  const h = graph.add(graph.mul(attended, ofChannels(convolved)), graph.mul(convolved, ofPlaces(attended)));
  return layers.linear(h, `${name}.proj`, channels, channels);
}

/** Adaptive_Channel_Attention. */
function overChannels(layers: PictureLayers, tokens: Value, name: string, channels: number): Value {
  const { graph } = layers;
  const part = (number: number): Value =>
    projected(layers, tokens, name, channels, number * channels, channels);
  const [q, k, v] = [part(0), part(1), part(2)];
  const count = layers.numbers('tokens', [1], ({ height, width }) => Float32Array.of(height * width));
  const whole = { groups: 1, count };
  const attended = channelAttention(layers, [q, k, v], `${name}.temperature`, channels, whole);
  const convolved = depthwise(layers, v, name, channels);
  const [ofChannels, ofPlaces] = toldApart(layers, name, channels);
  const h = graph.add(graph.mul(attended, ofPlaces(convolved)), graph.mul(convolved, ofChannels(attended)));
  return layers.linear(h, `${name}.proj`, channels, channels);
}

/** Tokens through a depthwise convolution of the picture. */
function depthwise(layers: PictureLayers, tokens: Value, name: string, channels: number): Value {
  const convolved = layers.depthwise(layers.planes(tokens, channels), `${name}.dwconv.0`);
  const normed = batchNorm(layers, layers.tokens(convolved, channels), `${name}.dwconv.1`, channels);
  return layers.graph.gelu(normed);
}

function inWindows(
  layers: PictureLayers,
  qkv: readonly [Value, Value, Value],
  name: string,
  channels: number,
  window: Required<Window>,
  multiple: number,
): Value {
  const { graph } = layers;
  const { height, width, down, right } = window;
  const key = `${height}x${width}.${down}`;
  const filled = (plane: Plane): Plane => ({
    height: Math.ceil(plane.height / multiple) * multiple,
    width: Math.ceil(plane.width / multiple) * multiple,
  });
  const order = layers.places(`order.${key}`, (sizes) => paddedOrder(sizes, filled(sizes), window).order);
  const back = layers.places(`back.${key}`, (sizes) => paddedOrder(sizes, filled(sizes), window).back);
  const count = height * width;
  const mask =
    down === 0 && right === 0
      ? null
      : layers.once(`mask.${key}`, () => {
          const regions = layers.numbers(`regions.${key}`, [-1], (sizes) => regionsOf(filled(sizes), window));
          return regionMask(layers, graph.cast(regions, graph.precision), count);
        });
  const nothing = graph.constant(new Array<number>(channels).fill(0), [1, channels]);
  const inOrder = (x: Value): Value => graph.gather(graph.concat([x, nothing], 0), order);
  const [heads] = layers.shapeOf(`${name}.pos.pos3.2.weight`, 2) as [number];
  const sizes = { heads, channels, queries: count, keys: count };
  const pairs = layers.once(`pairs.${height}x${width}`, () =>
    graph.integers(relativePositions(height, width)),
  );
  const bias = positionBias(layers, positionTable(layers, `${name}.pos`, height, width), pairs, sizes);
  const [q, k, v] = qkv.map(inOrder) as [Value, Value, Value];
  return graph.gather(windowAttention(layers, [q, k, v], sizes, bias, mask), back);
}

/** DynamicPosBias: a bias for each relative position, by a small network of the position. [positions, heads] */
function positionTable(layers: PictureLayers, name: string, height: number, width: number): Value {
  const { graph } = layers;
  const [size] = layers.shapeOf(`${name}.pos_proj.weight`, 2) as [number];
  const [heads] = layers.shapeOf(`${name}.pos3.2.weight`, 2) as [number];
  const [rows, columns] = [2 * height - 1, 2 * width - 1];
  const positions = layers.once(`positions.${height}x${width}`, () =>
    graph.constant(
      Array.from({ length: rows * columns }, (_, i) => [
        Math.floor(i / columns) + 1 - height,
        (i % columns) + 1 - width,
      ]).flat(),
      [rows * columns, 2],
    ),
  );
  const step = (x: Value, part: string, outputs: number): Value =>
    layers.linear(graph.relu(layers.layerNorm(x, `${part}.0`, size)), `${part}.2`, size, outputs);
  let h = layers.linear(positions, `${name}.pos_proj`, 2, size);
  for (const part of ['pos1', 'pos2']) h = step(h, `${name}.${part}`, size);
  return step(h, `${name}.pos3`, heads);
}
