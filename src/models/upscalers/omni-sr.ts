// OmniSR (Wang et al. 2023): each block looks around by convolutions, in windows, over channels in windows, in grids, and over channels
// across the grid, with gated convolutions between; what a group gives is weighed by a coarse view of it (ESA).
import type { Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import type { Architecture } from './architecture.ts';
import { channelAttention } from './channel-attention.ts';
import { coarselyWeighed } from './coarse-attention.ts';
import { PictureLayers } from './picture-layers.ts';
import { positionBias, windowAttention } from './window-attention.ts';
import {
  acrossOrder,
  gridOrder,
  inverseOf,
  relativePositions,
  windowOrder,
  type Order,
  type Plane,
} from './windows.ts';

const MINIMUM = 16;
/** What a file without positions does not tell. */
const WINDOW = 8;
const HEADS = 4;
const PICTURE_NORM_EPSILON = 1e-6;

const FIRST = 'residual_layer.0.residual_layer.0.layer';
const BIAS = 'fn.rel_pos_bias.weight';

function scaleOf(weights: WeightCatalog): number {
  return Math.sqrt((weights.shapeOf('up.0.weight')?.[0] ?? 0) / 3);
}

export const OMNI_SR: Architecture = {
  kind: 'omni-sr',
  half: true,
  tiles: 'blended',

  recognise(weights) {
    const known = [`${FIRST}.0.fn.0.weight`, 'input.weight', 'up.0.weight'];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { name: 'OmniSR', scale: scaleOf(weights) };
  },

  network(weights, precision, bare = false) {
    const layers = new PictureLayers(weights, precision);
    const { graph } = layers;
    const scale = scaleOf(weights);
    const positions = weights.shapeOf(`${FIRST}.2.${BIAS}`)?.[0];
    const window = positions === undefined ? WINDOW : layers.windowOf(positions);
    const [channels] = layers.shapeOf('input.weight', 4) as [number];
    const bias = layers.has('input.bias');
    const conv = (x: Value, name: string): Value => layers.conv(x, name, { bias });

    const first = conv(layers.input(), 'input');
    let h = first;
    const groups = countFrom((i) => layers.has(`residual_layer.${i}.residual_layer.0.layer.0.fn.0.weight`));
    for (let group = 0; group < groups; group++) {
      const name = `residual_layer.${group}`;
      const before = h;
      const blocks = countFrom((i) => layers.has(`${name}.residual_layer.${i}.layer.0.fn.0.weight`));
      for (let i = 0; i < blocks; i++)
        h = block(layers, h, `${name}.residual_layer.${i}.layer`, channels, window);
      h = graph.add(conv(h, `${name}.residual_layer.${blocks}`), before);
      h = coarselyWeighed(layers, h, `${name}.esa`);
    }
    const enlarged = layers.pixelShuffle(conv(graph.add(conv(h, 'output'), first), 'up.0'), 3, scale);
    const own = { multiple: window, by: 'zeros' } as const;
    const fillings = bare ? [own] : [{ minimum: MINIMUM, by: 'mirror' } as const, own];
    return layers.finish(enlarged, scale, { fillings });
  },
};

function block(layers: PictureLayers, x: Value, name: string, channels: number, window: number): Value {
  const inWindow = (plane: Plane): Order => windowOrder(plane, { height: window, width: window });
  const inGrid = (plane: Plane): Order => gridOrder(plane, window);
  let h = mobile(layers, x, `${name}.0.fn`);
  h = attention(layers, h, `${name}.2`, channels, window, { name: 'window', order: inWindow });
  h = gated(layers, h, `${name}.4`, channels);
  h = channelwise(layers, h, `${name}.5`, channels, { name: 'window', order: inWindow, tokens: window ** 2 });
  h = gated(layers, h, `${name}.6`, channels);
  h = attention(layers, h, `${name}.8`, channels, window, { name: 'grid', order: inGrid });
  h = gated(layers, h, `${name}.10`, channels);
  const across = (plane: Plane): Order => acrossOrder(plane, window);
  h = channelwise(layers, h, `${name}.11`, channels, { name: 'across', order: across, groups: window ** 2 });
  return gated(layers, h, `${name}.12`, channels);
}

/** MBConv: 1x1, depthwise, squeeze and excitation, 1x1. */
function mobile(layers: PictureLayers, x: Value, name: string): Value {
  const { graph } = layers;
  const [hidden] = layers.shapeOf(`${name}.0.weight`, 4) as [number];
  const [narrow] = layers.shapeOf(`${name}.4.gate.1.weight`, 2) as [number];
  const h = graph.gelu(layers.depthwise(graph.gelu(layers.conv(x, `${name}.0`)), `${name}.2`));
  const squeezed = layers.linear(layers.pooled(h, hidden), `${name}.4.gate.1`, hidden, narrow, {
    bias: false,
  });
  const excited = layers.linear(graph.silu(squeezed), `${name}.4.gate.3`, narrow, hidden, { bias: false });
  const weight = graph.reshape(graph.sigmoid(excited), [1, hidden, 1, 1]);
  return graph.add(layers.conv(graph.mul(h, weight), `${name}.5`), x);
}

interface Listed {
  readonly name: string;
  readonly order: (plane: Plane) => Order;
}

function placesOf(layers: PictureLayers, { name, order }: Listed): readonly [order: Value, back: Value] {
  return [
    layers.places(`order.${name}`, order),
    layers.places(`back.${name}`, (sizes) => inverseOf(order(sizes))),
  ];
}

/** Tokens that lie together in a window, or at the same distances in a grid. */
function attention(
  layers: PictureLayers,
  x: Value,
  name: string,
  channels: number,
  window: number,
  listed: Listed,
): Value {
  const { graph } = layers;
  const [order, back] = placesOf(layers, listed);
  const count = window * window;
  const sizes = { heads: HEADS, channels, queries: count, keys: count };
  const tokens = graph.gather(layers.tokens(x, channels), order);
  const normed = layers.layerNorm(tokens, `${name}.norm`, channels);
  const part = (number: number): Value =>
    layers.linear(normed, `${name}.fn.to_qkv`, channels, channels, {
      bias: false,
      rows: { first: number * channels, of: 3 * channels },
    });
  const pairs = layers.once('pairs', () => graph.integers(relativePositions(window, window)));
  const bias = layers.has(`${name}.${BIAS}`)
    ? positionBias(layers, layers.weight(`${name}.${BIAS}`, [(2 * window - 1) ** 2, HEADS]), pairs, sizes)
    : null;
  const mixed = windowAttention(layers, [part(0), part(1), part(2)], sizes, bias);
  const out = graph.add(
    layers.linear(mixed, `${name}.fn.to_out.0`, channels, channels, { bias: false }),
    tokens,
  );
  return layers.planes(graph.gather(out, back), channels);
}

/** Channels look at channels: in each window (`tokens` of them), or at each place of a window over all windows (`groups` of them). */
function channelwise(
  layers: PictureLayers,
  x: Value,
  name: string,
  channels: number,
  listed: Listed & ({ readonly tokens: number } | { readonly groups: number }),
): Value {
  const { graph } = layers;
  const [order, back] = placesOf(layers, listed);
  const wide = layers.conv(pictureNorm(layers, x, `${name}.norm`, channels), `${name}.fn.qkv`, {
    bias: false,
  });
  const seen = layers.depthwise(wide, `${name}.fn.qkv_dwconv`, { bias: false });
  const tokens = graph.gather(layers.tokens(seen, 3 * channels), order);
  const part = (number: number): Value =>
    graph.slice(tokens, [number * channels], [(number + 1) * channels], [1]);
  const shape =
    'tokens' in listed
      ? { tokens: listed.tokens }
      : {
          groups: listed.groups,
          count: layers.numbers('windows', [1], ({ height, width }) =>
            Float32Array.of((height * width) / listed.groups),
          ),
        };
  const temperature = `${name}.fn.temperature`;
  const mixed = channelAttention(layers, [part(0), part(1), part(2)], temperature, channels, shape);
  const planes = layers.planes(graph.gather(mixed, back), channels);
  return graph.add(layers.conv(planes, `${name}.fn.project_out`, { bias: false }), x);
}

/** Gated_Conv_FeedForward. */
function gated(layers: PictureLayers, x: Value, name: string, channels: number): Value {
  const { graph } = layers;
  const [hidden] = layers.shapeOf(`${name}.fn.project_in.weight`, 4) as [number];
  const normed = pictureNorm(layers, x, `${name}.norm`, channels);
  const wide = layers.conv(normed, `${name}.fn.project_in`, { bias: false });
  const seen = layers.depthwise(wide, `${name}.fn.dwconv`, { bias: false });
  const gate = graph.gelu(layers.channels(seen, 0, hidden / 2));
  const h = graph.mul(gate, layers.channels(seen, hidden / 2, hidden));
  return graph.add(layers.conv(h, `${name}.fn.project_out`, { bias: false }), x);
}

/** LayerNorm2d: over the channels of each pixel. */
function pictureNorm(layers: PictureLayers, x: Value, name: string, channels: number): Value {
  const { graph } = layers;
  const [scale, shift] = ['weight', 'bias'].map((part) => layers.weight(`${name}.${part}`, [channels]));
  const tokens = layers.tokens(x, channels);
  return layers.planes(graph.layerNormalization(tokens, scale!, shift!, PICTURE_NORM_EPSILON), channels);
}
