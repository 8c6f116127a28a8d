// SwinIR (Liang et al. 2021): groups of Swin transformer blocks, every second one with its windows shifted by half, and three ways to
// the larger picture, or none (denoising, JPEG artifacts).
import type { Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import type { Architecture } from './architecture.ts';
import { PictureLayers } from './picture-layers.ts';
import { after, attentionMlp, denormalised, normalised, pixelShuffles, shuffledScale } from './swin-parts.ts';
import { positionBias, regionMask, windowAttention } from './window-attention.ts';
import { inverseOf, regionsOf, relativePositions, windowOrder } from './windows.ts';

const SLOPE = 0.2;
/** spandrel brings smaller pictures to this. */
const MINIMUM = 16;
/** The models for JPEG artifacts, which are the only ones with windows of 7, count in bytes. */
const BYTES_WINDOW = 7;

const TABLE = 'attn.relative_position_bias_table';
const FIRST = 'layers.0.residual_group.blocks.0';

type Way = 'pixelshuffle' | 'pixelshuffledirect' | 'nearest+conv' | 'none';

function wayOf(weights: WeightCatalog): Way {
  const has = (name: string): boolean => weights.shapeOf(`${name}.weight`) !== undefined;
  if (has('conv_before_upsample.0')) return has('conv_up1') ? 'nearest+conv' : 'pixelshuffle';
  return has('upsample.0') ? 'pixelshuffledirect' : 'none';
}

function scaleOf(weights: WeightCatalog): number {
  switch (wayOf(weights)) {
    case 'nearest+conv':
      return 2 ** countFrom((i) => weights.shapeOf(`conv_up${i + 1}.weight`) !== undefined);
    case 'pixelshuffle':
      return shuffledScale(weights);
    case 'pixelshuffledirect':
      return Math.sqrt((weights.shapeOf('upsample.0.weight')?.[0] ?? 0) / 3);
    case 'none':
      return 1;
  }
}

export const SWIN_IR: Architecture = {
  kind: 'swin-ir',
  half: false,
  tiles: 'averaged',

  recognise(weights) {
    const known = [
      'conv_first.weight',
      `${FIRST}.norm1.weight`,
      `${FIRST}.${TABLE}`,
      `${FIRST}.mlp.fc1.weight`,
    ];
    // HAT has these, too.
    const others = ['layers.0.residual_group.overlap_attn.relative_position_bias_table'];
    const has = (name: string): boolean => weights.shapeOf(name) !== undefined;
    return known.every(has) && !others.some(has) ? { name: 'SwinIR', scale: scaleOf(weights) } : null;
  },

  network(weights, precision, bare = false) {
    const layers = new PictureLayers(weights, precision);
    const { graph } = layers;
    const [positions] = layers.shapeOf(`${FIRST}.${TABLE}`, 2) as [number];
    const window = layers.windowOf(positions);
    if (layers.has('absolute_pos_embed'))
      throw new Error('It has absolute positions, which fit one size alone.');
    const [channels] = layers.shapeOf('conv_first.weight', 4) as [number];
    const [scale, way] = [scaleOf(weights), wayOf(weights)];
    const range = window === BYTES_WINDOW ? 255 : 1;

    const picture = normalised(layers, layers.input(), range);
    const first = layers.conv(picture, 'conv_first');
    const deep = graph.add(after(layers, body(layers, first, channels, window), 'conv_after_body'), first);
    const leaky = (x: Value, slope = SLOPE): Value => graph.leakyRelu(x, slope);
    const wide = (): Value => leaky(layers.conv(deep, 'conv_before_upsample.0'), 0.01);
    const enlarged = (): Value => {
      switch (way) {
        case 'pixelshuffle':
          return layers.conv(pixelShuffles(layers, wide()), 'conv_last');
        case 'pixelshuffledirect':
          return layers.pixelShuffle(layers.conv(deep, 'upsample.0'), 3, scale);
        case 'nearest+conv': {
          let h = wide();
          for (let i = 1; 2 ** i <= scale; i++)
            h = leaky(layers.conv(graph.upsampleNearest2x(h), `conv_up${i}`));
          return layers.conv(leaky(layers.conv(h, 'conv_hr')), 'conv_last');
        }
        case 'none':
          return graph.add(picture, layers.conv(deep, 'conv_last'));
      }
    };
    const own = { multiple: window, by: 'mirror' } as const;
    const fillings = bare ? [own] : [{ minimum: MINIMUM, by: 'mirror' } as const, own];
    return layers.finish(denormalised(layers, enlarged(), range), scale, { fillings });
  },
};

/** Tokens through all groups, and back to planes. */
function body(layers: PictureLayers, first: Value, channels: number, window: number): Value {
  const { graph } = layers;
  let tokens = layers.tokens(first, channels);
  if (layers.has('patch_embed.norm.weight')) tokens = layers.layerNorm(tokens, 'patch_embed.norm', channels);
  const groups = countFrom((i) => layers.has(`layers.${i}.residual_group.blocks.0.norm1.weight`));
  const pairs = graph.integers(relativePositions(window, window));
  for (let group = 0; group < groups; group++) {
    const before = tokens;
    const blocks = countFrom((i) => layers.has(`layers.${group}.residual_group.blocks.${i}.norm1.weight`));
    for (let i = 0; i < blocks; i++) {
      const name = `layers.${group}.residual_group.blocks.${i}`;
      tokens = block(layers, tokens, name, {
        channels,
        window,
        shift: i % 2 === 1 ? Math.floor(window / 2) : 0,
        pairs,
      });
    }
    const planes = after(layers, layers.planes(tokens, channels), `layers.${group}.conv`);
    tokens = graph.add(before, layers.tokens(planes, channels));
  }
  return layers.planes(layers.layerNorm(tokens, 'norm', channels), channels);
}

export interface SwinBlock {
  readonly channels: number;
  readonly window: number;
  readonly shift: number;
  /** relativePositions of the window. */
  readonly pairs: Value;
}

function block(layers: PictureLayers, tokens: Value, name: string, sizes: SwinBlock): Value {
  const { graph } = layers;
  const normed = layers.layerNorm(tokens, `${name}.norm1`, sizes.channels);
  const h = graph.add(tokens, shiftedAttention(layers, normed, `${name}.attn`, sizes));
  return attentionMlp(layers, h, name, sizes.channels);
}

/** WindowAttention over windows that are shifted by `shift`; gives tokens in the picture's order. */
export function shiftedAttention(
  layers: PictureLayers,
  tokens: Value,
  name: string,
  { channels, window, shift, pairs }: SwinBlock,
): Value {
  const { graph } = layers;
  const cut = { height: window, width: window, down: shift, right: shift };
  const order = layers.places(`order.${window}.${shift}`, (sizes) => windowOrder(sizes, cut));
  const back = layers.places(`back.${window}.${shift}`, (sizes) => inverseOf(windowOrder(sizes, cut)));
  const count = window * window;
  const mask =
    shift === 0
      ? null
      : layers.once(`mask.${window}.${shift}`, () => {
          const regions = layers.numbers(`regions.${window}.${shift}`, [-1], (sizes) =>
            regionsOf(sizes, cut),
          );
          return regionMask(layers, graph.cast(regions, graph.precision), count);
        });
  const inOrder = graph.gather(tokens, order);
  const part = (first: number): Value =>
    layers.linear(inOrder, `${name}.qkv`, channels, channels, {
      bias: layers.has(`${name}.qkv.bias`),
      rows: { first: first * channels, of: 3 * channels },
    });
  const table = `${name}.relative_position_bias_table`;
  const [positions, heads] = layers.shapeOf(table, 2) as [number, number];
  const sizes = { heads, channels, queries: count, keys: count };
  const bias = positionBias(layers, layers.weight(table, [positions, heads]), pairs, sizes);
  const mixed = windowAttention(layers, [part(0), part(1), part(2)], sizes, bias, mask);
  return layers.linear(graph.gather(mixed, back), `${name}.proj`, channels, channels);
}
