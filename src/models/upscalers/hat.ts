// HAT (Chen et al. 2023): SwinIR's blocks with an attention over channels beside, and at the end of each group one in which windows
// look at larger ones around them.
import type { Value } from '../../graph/graph.ts';
import { countFrom } from '../layouts/mapped.ts';
import type { Architecture } from './architecture.ts';
import { PictureLayers } from './picture-layers.ts';
import { shiftedAttention, type SwinBlock } from './swin-ir.ts';
import { after, attentionMlp, denormalised, normalised, pixelShuffles, shuffledScale } from './swin-parts.ts';
import { positionBias, windowAttention } from './window-attention.ts';
import {
  inverseOf,
  overlappingOrder,
  overlappingPositions,
  relativePositions,
  windowOrder,
} from './windows.ts';

/** Not in the files: what counts of the convolutions beside the attention, and how far windows look beyond their edges, in windows. */
const CONV_SCALE = 0.01;
const OVERLAP = 0.5;
const MINIMUM = 16;

const FIRST = 'layers.0.residual_group';
const TABLE = 'relative_position_bias_table';

export const HAT: Architecture = {
  kind: 'hat',
  half: false,
  tiles: 'blended',

  recognise(weights) {
    const known = ['conv_first.weight', `${FIRST}.overlap_attn.${TABLE}`, `${FIRST}.blocks.0.attn.${TABLE}`];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { name: 'HAT', scale: shuffledScale(weights) };
  },

  network(weights, precision, bare = false) {
    const layers = new PictureLayers(weights, precision);
    const { graph } = layers;
    const [positions] = layers.shapeOf(`${FIRST}.blocks.0.attn.${TABLE}`, 2) as [number];
    const window = layers.windowOf(positions);
    const side = window + Math.floor(OVERLAP * window);
    const [seen] = layers.shapeOf(`${FIRST}.overlap_attn.${TABLE}`, 2) as [number];
    if (seen !== (window + side - 1) ** 2) throw new Error('Its windows do not overlap by half.');
    if (layers.has('absolute_pos_embed'))
      throw new Error('It has absolute positions, which fit one size alone.');
    const [channels] = layers.shapeOf('conv_first.weight', 4) as [number];

    const first = layers.conv(normalised(layers, layers.input(), 1), 'conv_first');
    const pairs = graph.integers(relativePositions(window, window));
    const farPairs = graph.integers(overlappingPositions(window, side));
    let tokens = layers.tokens(first, channels);
    if (layers.has('patch_embed.norm.weight'))
      tokens = layers.layerNorm(tokens, 'patch_embed.norm', channels);
    const groups = countFrom((i) => layers.has(`layers.${i}.residual_group.blocks.0.norm1.weight`));
    for (let group = 0; group < groups; group++) {
      const name = `layers.${group}.residual_group`;
      const before = tokens;
      const blocks = countFrom((i) => layers.has(`${name}.blocks.${i}.norm1.weight`));
      for (let i = 0; i < blocks; i++) {
        const shift = i % 2 === 1 ? Math.floor(window / 2) : 0;
        tokens = block(layers, tokens, `${name}.blocks.${i}`, { channels, window, shift, pairs });
      }
      tokens = overlapping(layers, tokens, `${name}.overlap_attn`, { channels, window, side, farPairs });
      // "identity": without a convolution.
      if (layers.has(`layers.${group}.conv.weight`))
        tokens = layers.tokens(
          after(layers, layers.planes(tokens, channels), `layers.${group}.conv`),
          channels,
        );
      tokens = graph.add(before, tokens);
    }
    let deep = layers.planes(layers.layerNorm(tokens, 'norm', channels), channels);
    if (layers.has('conv_after_body.weight')) deep = after(layers, deep, 'conv_after_body');
    const wide = graph.leakyRelu(layers.conv(graph.add(deep, first), 'conv_before_upsample.0'), 0.01);
    const enlarged = layers.conv(pixelShuffles(layers, wide), 'conv_last');
    const own = { multiple: window, by: 'mirror' } as const;
    const fillings = bare ? [own] : [{ minimum: MINIMUM, by: 'mirror' } as const, own];
    return layers.finish(denormalised(layers, enlarged, 1), shuffledScale(weights), { fillings });
  },
};

function block(layers: PictureLayers, tokens: Value, name: string, sizes: SwinBlock): Value {
  const { graph } = layers;
  const { channels } = sizes;
  const normed = layers.layerNorm(tokens, `${name}.norm1`, channels);
  const convolved = channelBlock(layers, layers.planes(normed, channels), `${name}.conv_block.cab`, channels);
  const beside = graph.mul(layers.tokens(convolved, channels), graph.constant([CONV_SCALE], []));
  const attended = shiftedAttention(layers, normed, `${name}.attn`, sizes);
  return attentionMlp(layers, graph.add(graph.add(tokens, attended), beside), name, channels);
}

/** Two convolutions, and each channel times what the picture as a whole says of it. */
function channelBlock(layers: PictureLayers, x: Value, name: string, channels: number): Value {
  const { graph } = layers;
  const h = layers.conv(graph.gelu(layers.conv(x, `${name}.0`)), `${name}.2`);
  const [narrow] = layers.shapeOf(`${name}.3.attention.1.weight`, 4) as [number];
  const squeezed = layers.linear(layers.pooled(h, channels), `${name}.3.attention.1`, channels, narrow);
  const weight = graph.sigmoid(
    layers.linear(graph.relu(squeezed), `${name}.3.attention.3`, narrow, channels),
  );
  return graph.mul(h, graph.reshape(weight, [1, channels, 1, 1]));
}

interface Overlap {
  readonly channels: number;
  readonly window: number;
  /** Of the windows that are looked at. */
  readonly side: number;
  readonly farPairs: Value;
}

/** OCAB: each window asks, a larger one around it is looked at; beyond the picture are zeros. */
function overlapping(
  layers: PictureLayers,
  tokens: Value,
  name: string,
  { channels, window, side, farPairs }: Overlap,
): Value {
  const { graph } = layers;
  const cut = { height: window, width: window };
  const order = layers.places(`order.${window}.0`, (sizes) => windowOrder(sizes, cut));
  const back = layers.places(`back.${window}.0`, (sizes) => inverseOf(windowOrder(sizes, cut)));
  const around = layers.places('around', (sizes) =>
    overlappingOrder(sizes, window, (side - window) / 2, sizes.height * sizes.width),
  );
  const normed = layers.layerNorm(tokens, `${name}.norm1`, channels);
  const part = (first: number): Value =>
    layers.linear(normed, `${name}.qkv`, channels, channels, {
      bias: layers.has(`${name}.qkv.bias`),
      rows: { first: first * channels, of: 3 * channels },
    });
  const nothing = graph.constant(new Array<number>(channels).fill(0), [1, channels]);
  const seen = (x: Value): Value => graph.gather(graph.concat([x, nothing], 0), around);
  const [positions, heads] = layers.shapeOf(`${name}.${TABLE}`, 2) as [number, number];
  const sizes = { heads, channels, queries: window * window, keys: side * side };
  const bias = positionBias(layers, layers.weight(`${name}.${TABLE}`, [positions, heads]), farPairs, sizes);
  const mixed = windowAttention(
    layers,
    [graph.gather(part(0), order), seen(part(1)), seen(part(2))],
    sizes,
    bias,
  );
  const h = graph.add(layers.linear(graph.gather(mixed, back), `${name}.proj`, channels, channels), tokens);
  return attentionMlp(layers, h, name, channels);
}
