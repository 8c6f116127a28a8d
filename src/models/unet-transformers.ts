// A UNet's transformers (ldm's attention.SpatialTransformer) as graph calls: self-attention, attention to the text, feed-forward, with what
// changes them: merged tokens, tiles, hypernetworks, pictures that are looked at.
import type { Graph, Value } from '../graph/graph.ts';
import type { Precision, WeightCatalog } from '../graph/types.ts';
import { ImageAttention, type ImageSlot } from './control/image-attention.ts';
import { LiteModules, type LiteSlot } from './control/lllite.ts';
import { References } from './control/references.ts';
import { transformed, type Role, type UsedHypernetwork } from './hypernetwork.ts';
import { Layers } from './layers.ts';
import type { Level } from './level.ts';
import { Levels } from './levels.ts';
import { GraphChanges, type NetworkChange } from './network-changes.ts';
import { TokenMerging } from './token-merging.ts';
import type { UNetConfig } from './types.ts';

/** Tokens [N * length, channels] of N samples, and the shape [N, length, -1] that tells them apart. */
interface Sequence {
  readonly tokens: Value;
  readonly channels: number;
  readonly shape: Value;
  readonly length: string;
}

/** The half of a UNet that leads down, which ControlNets have a copy of. */
export type DescentConfig = Omit<UNetConfig, 'outChannels'>;

/** Of all blocks. */
export interface BlockOptions {
  /** Layers whose results come out too, as "act.NAME": "input_blocks.1.1.transformer_blocks.0.attn1". */
  readonly taps?: readonly string[];
  /** Attention in float32 whatever the precision (A1111's "Upcast cross attention layer to float32"). */
  readonly upcastAttention?: boolean;
  /** A1111's "Tiling": opposite edges continue each other. */
  readonly circular?: boolean;
  /** Self-attention of the finest level does without part of the tokens; how many is told with each run. */
  readonly tokenMerging?: boolean;
  /** What keys and values are made of goes through these, in order; their weights are in the catalogue, too. */
  readonly hypernetworks?: readonly UsedHypernetwork[];
  /** What is another in this network. */
  readonly changes?: readonly NetworkChange[];
  /** Pictures may be looked at; which is told with each run. */
  readonly references?: boolean;
  /** Files of LLLite that move what attentions are made of; their tensors are in the catalogue, too. */
  readonly lites?: readonly LiteSlot[];
  /** Pictures that cross attention looks at beside the words; their adapters' weights are in the catalogue, too. */
  readonly images?: readonly ImageSlot[];
}

/** Transformers, with what all of them share: the levels, and the context. */
export class Transformers extends Layers {
  readonly levels: Levels;
  readonly #context: Sequence;
  readonly #attentionType: Precision;
  readonly #hypernetworks: readonly UsedHypernetwork[];
  /** What they make of the text, which is the same for all layers, and of other tokens. */
  readonly #transformed = new Map<Value, Partial<Record<Role, Value>>>();
  /** Of the finest level's tokens. */
  readonly merging: TokenMerging | null;
  readonly changes: GraphChanges;
  readonly references: References | null;
  readonly images: ImageAttention | null;
  readonly lites: LiteModules;
  readonly #moves: boolean;

  constructor(
    graph: Graph,
    weights: WeightCatalog,
    readonly config: DescentConfig,
    prefix: string,
    {
      taps = [],
      upcastAttention = false,
      tokenMerging = false,
      circular = false,
      hypernetworks = [],
      changes = [],
      references = false,
      images = [],
      lites = [],
    }: BlockOptions,
  ) {
    super(graph, weights, prefix, taps, circular);
    this.#hypernetworks = hypernetworks;
    this.#attentionType = upcastAttention ? 'float32' : graph.precision;
    this.images =
      images.length > 0 ? new ImageAttention(graph, weights, config, images, this.#attentionType) : null;
    this.lites = new LiteModules(graph, weights, lites);
    this.#moves = lites.length > 0;
    this.merging = tokenMerging && config.transformerDepth[0] ? new TokenMerging(graph) : null;
    this.references = references ? new References(graph, config.vectorDim !== null) : null;
    this.levels = new Levels(graph, config.channelMult.length);
    this.changes = new GraphChanges(graph, this.levels, config, changes);
    const context = graph.input('context', 'float32', ['n', 't', config.contextDim]);
    this.#context = {
      tokens: graph.reshape(graph.cast(context, graph.precision), [-1, config.contextDim]),
      channels: config.contextDim,
      shape: graph.input('context.sequence', 'int64', [3]),
      length: 't',
    };
  }

  /** SpatialTransformer: pixels become tokens, pass through transformer blocks, and are added back. */
  spatialTransformer(x: Value, name: string, channels: number, depth: number, level: Level): Value {
    const { graph, config } = this;
    const heads = headCount(config, channels, this.prefix + name);
    let tokens = this.flatten(this.groupNorm(x, `${name}.norm`, channels, level, 1e-6), channels, level);
    // SD 1's projections are 1x1 convolutions, SD 2's linear layers: on tokens the same thing.
    tokens = this.linear(tokens, `${name}.proj_in`, channels, channels);
    this.#tapTokens(`${name}.proj_in`, tokens, channels, level);
    for (let i = 0; i < depth; i++) {
      tokens = this.#transformerBlock(tokens, `${name}.transformer_blocks.${i}`, channels, heads, level);
    }
    tokens = this.linear(tokens, `${name}.proj_out`, channels, channels);
    const h = graph.add(this.unflatten(tokens, channels, level), x);
    this.tap(name, () => h, level.planesDims(channels));
    return h;
  }

  /** BasicTransformerBlock: self-attention, attention to the text, feed-forward, each with its norm and shortcut. */
  #transformerBlock(x: Value, name: string, channels: number, heads: number, level: Level): Value {
    const { graph } = this;
    const onLevel = (tokens: Value): Sequence => ({
      tokens,
      channels,
      shape: level.sequence,
      length: `s${level.label}`,
    });
    const normed = this.layerNorm(x, `${name}.norm1`, channels);
    const looked =
      this.merging && level === this.levels.finest
        ? this.#mergedAttention(this.merging, x, normed, `${name}.attn1`, channels, heads)
        : this.#selfAttention(onLevel(normed), `${name}.attn1`, heads, level);
    this.#tapTokens(`${name}.attn1`, looked, channels, level);
    let h = graph.add(looked, x);

    const query = onLevel(this.layerNorm(h, `${name}.norm2`, channels));
    const { images } = this;
    const withImages = images
      ? (told: Value, looking: Value) => images.added(told, { value: looking, name, channels, heads, level })
      : undefined;
    const told = this.#attention(query, this.#context, `${name}.attn2`, heads, level, withImages);
    this.#tapTokens(`${name}.attn2`, told, channels, level);
    h = graph.add(told, h);

    const fed = this.#feedForward(this.layerNorm(h, `${name}.norm3`, channels), `${name}.ff`, channels);
    this.#tapTokens(`${name}.ff`, fed, channels, level);
    return graph.add(fed, h);
  }

  /** Self-attention of the tokens that are left when those of `normed` are merged that are alike in `x`. */
  #mergedAttention(
    merging: TokenMerging,
    x: Value,
    normed: Value,
    name: string,
    channels: number,
    heads: number,
  ): Value {
    const plan = merging.plan(x, channels);
    const tokens = merging.merge(normed, plan, channels);
    const self: Sequence = { tokens, channels, shape: merging.sequence, length: 'merging.left' };
    return merging.unmerge(this.#attention(self, self, name, heads), plan);
  }

  /** `level`: unless some of its tokens are merged. */
  #selfAttention(x: Sequence, name: string, heads: number, level: Level): Value {
    const tiles = this.changes.tiles(name, level);
    // What stands for single tokens does not go by tiles.
    if (!tiles || this.references || this.#moves) return this.#attention(x, x, name, heads, level);
    const split = tiles.split(x.tokens, x.channels, name, level);
    const inside: Sequence = { ...x, ...split, length: `tiles.${name}` };
    return tiles.join(this.#attention(inside, inside, name, heads), x.channels, name, level);
  }

  #lookedAt({ tokens, channels }: Sequence, role: Role): Value {
    if (this.#hypernetworks.length === 0) return tokens;
    const known = this.#transformed.get(tokens) ?? {};
    this.#transformed.set(tokens, known);
    return (known[role] ??= transformed(tokens, channels, role, this.#hypernetworks, this));
  }

  /**
   * CrossAttention (Vaswani et al. 2017) of x to source. `level`: of x, unless some of its tokens are merged. `further`: what becomes of it
   * before the way out, from the queries.
   */
  #attention(
    x: Sequence,
    source: Sequence,
    name: string,
    heads: number,
    level: Level | null = null,
    further: (mixed: Value, queries: Value) => Value = (mixed) => mixed,
  ): Value {
    const { graph, references } = this;
    const project = (from: Sequence, part: string, role: Role | null = null) => {
      const plain = role ? this.#lookedAt(from, role) : from.tokens;
      const moves = level !== null && from === x;
      const read = moves ? this.lites.moved(plain, `${name}.${part}`, from.channels, level) : plain;
      // None has a bias but where an add-on brings one.
      const bias = this.has(`${name}.${part}.bias`);
      const made = this.linear(read, `${name}.${part}`, from.channels, x.channels, { bias });
      const tokens = role === 'values' && from !== x ? this.changes.signed(made) : made;
      const dims = ['n', from.length, x.channels];
      return graph.reshape(graph.cast(tokens, this.#attentionType), from.shape, dims);
    };
    const { attention } = this.changes;
    const layer = { name, channels: x.channels, heads, level };
    const [asked, keys] = [project(x, 'to_q'), project(source, 'to_k', 'keys')];
    const queries = source === x ? attention.asked(layer, asked) : asked;
    const values = project(source, 'to_v', 'values');
    let mixed =
      references && level && source === x
        ? references.attended(queries, keys, values, heads, x.channels, level)
        : graph.multiHeadAttention(queries, keys, values, heads);
    if (source === x) {
      attention.look(layer, queries, keys);
      mixed = attention.attended(layer, mixed, values);
    }
    const tokens = graph.cast(graph.reshape(further(mixed, queries), [-1, x.channels]), graph.precision);
    const out = this.linear(tokens, `${name}.to_out.0`, x.channels, x.channels);
    return source === x ? attention.projected(layer, out, values, x.shape) : out;
  }

  /** GEGLU (Shazeer 2020), then a linear layer. One weight holds the value's rows, then the gate's. */
  #feedForward(x: Value, name: string, channels: number): Value {
    const { graph } = this;
    const width = 4 * channels;
    const half = (first: number) =>
      this.linear(x, `${name}.net.0.proj`, channels, width, { rows: { first, of: 2 * width } });
    const gated = graph.mul(half(0), graph.gelu(half(width)));
    return this.linear(gated, `${name}.net.2`, width, channels);
  }

  #tapTokens(name: string, tokens: Value, channels: number, level: Level): void {
    this.tap(name, () => this.graph.reshape(tokens, level.sequence), level.sequenceDims(channels));
  }
}

function headCount(config: DescentConfig, channels: number, name: string): number {
  const heads = 'count' in config.heads ? config.heads.count : channels / config.heads.size;
  if (!Number.isInteger(heads) || heads < 1 || channels % heads !== 0) {
    throw new Error(`${name} has ${channels} channels, which do not divide into its attention heads.`);
  }
  return heads;
}
