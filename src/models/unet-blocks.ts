// What a UNet's half that leads down and its blocks are made of (ldm's openaimodel.UNetModel), as graph calls: a UNet has them with a
// half that leads up again, a ControlNet without.
import type { Graph, Value } from '../graph/graph.ts';
import type { HostTensor, Precision, WeightCatalog } from '../graph/types.ts';
import { LiteModules, type LiteInput, type LiteSlot } from './control/lllite.ts';
import { References } from './control/references.ts';
import { ImageAttention, type ImageInput, type ImageSlot } from './control/image-attention.ts';
import { transformed, type Role, type UsedHypernetwork } from './hypernetwork.ts';
import { Layers } from './layers.ts';
import { Level } from './level.ts';
import { float32Tensor, shapeTensor } from './network.ts';
import { GraphChanges, type Marks, type NetworkChange } from './network-changes.ts';
import { timestepEmbedding } from './timestep.ts';
import { TokenMerging } from './token-merging.ts';
import type { UNetConfig } from './types.ts';

/** Of a run, for all blocks. */
export interface BlockInputs {
  readonly batch: number;
  /** Latent pixels; any size from 1 up. */
  readonly height: number;
  readonly width: number;
  /** One for each of the batch; fractions are allowed. */
  readonly timesteps: ArrayLike<number>;
  /** [batch, tokens, contextDim]. */
  readonly context: Float32Array;
  readonly tokens: number;
  /** [batch, vectorDim], for models that have it. */
  readonly vector?: Float32Array;
  /** What changes of the network are told. */
  readonly marks?: Marks;
  /** As many as there are slots. */
  readonly images?: readonly ImageInput[];
  /** ... and of LLLite's slots; where they are left out nothing is moved. */
  readonly lites?: readonly LiteInput[];
}

/** A 3x3 convolution of stride 2, padded by one, rounds up. */
export function sizeAtLevel<T extends { readonly height: number; readonly width: number }>(
  size: T,
  level: number,
): T {
  const scale = 2 ** level;
  return { ...size, height: Math.ceil(size.height / scale), width: Math.ceil(size.width / scale) };
}

/** Tokens [N * length, channels] of N samples, and the shape [N, length, -1] that tells them apart. */
interface Sequence {
  readonly tokens: Value;
  readonly channels: number;
  readonly shape: Value;
  readonly length: string;
}

/** The half of a UNet that leads down, which ControlNets have a copy of. */
export type DescentConfig = Omit<UNetConfig, 'outChannels'>;

/** What comes out of a block on the way down. */
export interface Skip {
  readonly value: Value;
  readonly channels: number;
  readonly level: Level;
}

/** The way down, to the bottom. */
export interface Descent {
  /** Of each input block, the first convolution's first. */
  readonly skips: readonly Skip[];
  readonly bottom: Skip;
}

/** What becomes of a block's output before anything reads it. `block`: number of the input block, or "middle". */
export type AfterBlock = (block: number | 'middle', out: Skip) => Value;

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

/** A UNet's blocks, with what all of them share: the time embedding and the context. */
export class Blocks extends Layers {
  readonly levels: readonly Level[];
  /** SiLU of the embedding, [N, 4 * modelChannels]: every ResBlock starts from it. */
  #embedding: Value | undefined;
  readonly #embeddingWidth: number;
  readonly #context: Sequence;
  readonly #attentionType: Precision;
  readonly #hypernetworks: readonly UsedHypernetwork[];
  /** What they make of the text, which is the same for all layers, and of other tokens. */
  readonly #transformed = new Map<Value, Partial<Record<Role, Value>>>();
  readonly #images: ImageAttention | null;
  readonly #lites: LiteModules;
  /** Of the finest level's tokens. */
  readonly merging: TokenMerging | null;
  readonly changes: GraphChanges;
  readonly references: References | null;

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
    this.changes = new GraphChanges(graph, changes);
    this.#attentionType = upcastAttention ? 'float32' : graph.precision;
    this.#images =
      images.length > 0 ? new ImageAttention(graph, weights, config, images, this.#attentionType) : null;
    this.#lites = new LiteModules(graph, weights, lites);
    this.merging = tokenMerging && config.transformerDepth[0] ? new TokenMerging(graph) : null;
    this.references = references ? new References(graph, config.vectorDim !== null) : null;
    this.levels = config.channelMult.map((_, index) => new Level(graph, index));
    this.#embeddingWidth = config.modelChannels * 4;
    const context = graph.input('context', 'float32', ['n', 't', config.contextDim]);
    this.#context = {
      tokens: graph.reshape(graph.cast(context, graph.precision), [-1, config.contextDim]),
      channels: config.contextDim,
      shape: graph.input('context.sequence', 'int64', [3]),
      length: 't',
    };
  }

  /** time_embed, plus label_emb of the vector where the model has one (Podell et al. 2023, section 2.2), plus what is `further` told. */
  embedTime(further: Value | null = null): void {
    const { graph, config } = this;
    const width = this.#embeddingWidth;
    const mlp = (x: Value, name: string, inputs: number) => {
      const hidden = graph.silu(this.linear(x, `${name}.0`, inputs, width));
      return this.linear(hidden, `${name}.2`, width, width);
    };
    const timestep = graph.input('timestep', 'float32', ['n', config.modelChannels]);
    let embedding = mlp(graph.cast(timestep, graph.precision), 'time_embed', config.modelChannels);
    this.tap('time_embed', () => embedding, ['n', width]);
    if (config.vectorDim !== null) {
      const vector = graph.input('vector', 'float32', ['n', config.vectorDim]);
      const label = mlp(graph.cast(vector, graph.precision), 'label_emb.0', config.vectorDim);
      this.tap('label_emb', () => label, ['n', width]);
      embedding = graph.add(embedding, label);
    }
    if (further) embedding = graph.add(embedding, further);
    this.#embedding = graph.silu(embedding);
  }

  /** From the sample [N, inChannels, H, W] to the bottom. */
  descend(sample: Value, after: AfterBlock = (_, { value }) => value): Descent {
    const { config, levels } = this;
    const last = levels.length - 1;
    const channelsAt = (level: number) => config.modelChannels * config.channelMult[level]!;
    let channels = channelsAt(0);
    let h = this.conv3x3(
      this.graph.cast(sample, this.graph.precision),
      'input_blocks.0.0',
      config.inChannels,
      channels,
    );
    this.tap('input_blocks.0', () => h, levels[0]!.planesDims(channels));
    const skips: Skip[] = [];
    const keep = (level: Level): void => {
      h = after(skips.length, { value: h, channels, level });
      skips.push({ value: h, channels, level });
    };
    keep(levels[0]!);
    for (const [index, level] of levels.entries()) {
      for (let i = 0; i < config.resBlocks[index]!; i++) {
        const name = `input_blocks.${skips.length}`;
        h = this.resBlock(h, `${name}.0`, channels, channelsAt(index), level);
        channels = channelsAt(index);
        const depth = config.transformerDepth[index]!;
        if (depth > 0) h = this.spatialTransformer(h, `${name}.1`, channels, depth, level);
        h = this.references?.normalized(h, name, channels, level) ?? h;
        this.tap(name, () => h, level.planesDims(channels));
        keep(level);
      }
      if (index < last) {
        const name = `input_blocks.${skips.length}`;
        h = this.conv3x3(h, `${name}.0.op`, channels, channels, { stride: 2 });
        this.tap(name, () => h, levels[index + 1]!.planesDims(channels));
        keep(levels[index + 1]!);
      }
    }

    const level = levels[last]!;
    const depth = config.middleTransformerDepth;
    let part = 0;
    h = this.resBlock(h, `middle_block.${part++}`, channels, channels, level);
    if (depth > 0) h = this.spatialTransformer(h, `middle_block.${part++}`, channels, depth, level);
    h = this.resBlock(h, `middle_block.${part}`, channels, channels, level);
    h = this.references?.normalized(h, 'middle_block', channels, level) ?? h;
    this.tap('middle_block', () => h, level.planesDims(channels));
    h = after('middle', { value: h, channels, level });
    return { skips, bottom: { value: h, channels, level } };
  }

  /** What the inputs that all blocks share carry in a run. */
  feeds(inputs: BlockInputs, tokenMerging: number): Record<string, HostTensor> {
    const { batch, height, width, timesteps, context, tokens, vector, marks, images = [], lites } = inputs;
    const { modelChannels, contextDim, vectorDim } = this.config;
    const embedded = timestepEmbedding(timesteps, modelChannels);
    const feeds: Record<string, HostTensor> = {
      timestep: float32Tensor('timesteps', embedded, [batch, modelChannels]),
      context: float32Tensor('context', context, [batch, tokens, contextDim]),
      'context.sequence': shapeTensor([batch, tokens, -1]),
    };
    if (vectorDim !== null)
      feeds['vector'] = float32Tensor('vector', vector ?? new Float32Array(0), [batch, vectorDim]);
    const sizes = { batch, height, width };
    Object.assign(feeds, this.merging?.feeds(sizes, tokenMerging), this.changes.feeds(batch, marks));
    Object.assign(feeds, this.#images?.feeds(sizes, this.levels, images));
    Object.assign(
      feeds,
      this.#lites.feeds((level) => sizeAtLevel(sizes, level), lites),
    );
    for (const [index, level] of this.levels.entries()) {
      Object.assign(feeds, level.feeds(sizeAtLevel(sizes, index)));
    }
    return feeds;
  }

  /** ResBlock: two norm-SiLU-convolutions around the time embedding, beside a shortcut. */
  resBlock(x: Value, name: string, inputs: number, outputs: number, level: Level): Value {
    const { graph } = this;
    let h = graph.silu(this.groupNorm(x, `${name}.in_layers.0`, inputs, level, 1e-5));
    h = this.conv3x3(h, `${name}.in_layers.2`, inputs, outputs);
    const time = this.linear(this.#embedding!, `${name}.emb_layers.1`, this.#embeddingWidth, outputs);
    h = graph.add(h, graph.reshape(time, [0, outputs, 1, 1]));
    h = graph.silu(this.groupNorm(h, `${name}.out_layers.0`, outputs, level, 1e-5));
    h = this.conv3x3(h, `${name}.out_layers.3`, outputs, outputs);
    const shortcut = inputs === outputs ? x : this.conv1x1(x, `${name}.skip_connection`, inputs, outputs);
    h = graph.add(shortcut, h);
    this.tap(name, () => h, level.planesDims(outputs));
    return h;
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

  /** Upsample: nearest x2 and a convolution, then cut to the size of the level above, whose size may have been odd. */
  upsample(x: Value, name: string, channels: number, above: Level): Value {
    // The reference resizes to the level's size with "nearest", which from 2k to 2k - 1 drops the last row or column.
    const h = this.conv3x3(this.graph.upsampleNearest2x(x), name, channels, channels);
    return this.graph.slice(h, [0, 0], above.extent, [2, 3]);
  }

  /** BasicTransformerBlock: self-attention, attention to the text, feed-forward, each with its norm and shortcut. */
  #transformerBlock(x: Value, name: string, channels: number, heads: number, level: Level): Value {
    const { graph } = this;
    const onLevel = (tokens: Value): Sequence => ({
      tokens,
      channels,
      shape: level.sequence,
      length: `s${level.index}`,
    });
    const normed = this.layerNorm(x, `${name}.norm1`, channels);
    const looked =
      this.merging && level.index === 0
        ? this.#mergedAttention(this.merging, x, normed, `${name}.attn1`, channels, heads)
        : this.#selfAttention(onLevel(normed), `${name}.attn1`, heads, level);
    this.#tapTokens(`${name}.attn1`, looked, channels, level);
    let h = graph.add(looked, x);

    const query = onLevel(this.layerNorm(h, `${name}.norm2`, channels));
    const images = this.#images;
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
    return merging.unmerge(this.#selfAttention(self, name, heads), plan);
  }

  /** `level`: unless some of its tokens are merged. */
  #selfAttention(x: Sequence, name: string, heads: number, level: Level | null = null): Value {
    return this.#attention(x, x, name, heads, level);
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
      const read = moves ? this.#lites.moved(plain, `${name}.${part}`, from.channels, level) : plain;
      // None has a bias but where an add-on brings one.
      const bias = this.has(`${name}.${part}.bias`);
      const tokens = this.linear(read, `${name}.${part}`, from.channels, x.channels, { bias });
      const dims = ['n', from.length, x.channels];
      return graph.reshape(graph.cast(tokens, this.#attentionType), from.shape, dims);
    };
    const [queries, keys] = [project(x, 'to_q'), project(source, 'to_k', 'keys')];
    const values = project(source, 'to_v', 'values');
    let mixed =
      references && level && source === x
        ? references.attended(queries, keys, values, heads, x.channels, level)
        : graph.multiHeadAttention(queries, keys, values, heads);
    const { attention } = this.changes;
    const layer = { name, channels: x.channels, heads, level };
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
