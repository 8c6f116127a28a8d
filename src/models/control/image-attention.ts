// What IP-Adapters add to a UNet's cross attentions (Ye et al. 2023, equation 5): beside the words, queries look at a picture's tokens
// with keys and values of the adapter's own, and what comes of it is added, times a weight for each block, before the way out.
import type { Graph, Value } from '../../graph/graph.ts';
import type { HostTensor, Precision, WeightCatalog } from '../../graph/types.ts';
import { resizePlanes } from '../../image/resize-planes.ts';
import type { Planes } from '../../image/tiles.ts';
import { Layers } from '../layers.ts';
import type { Level, Sizes } from '../level.ts';
import { float32Tensor, shapeTensor } from '../network.ts';
import type { UNetConfig } from '../types.ts';
import { layerNames } from './ip-adapter.ts';

/** A picture's place in a UNet. */
export interface ImageSlot {
  /** Before the adapter's tensors' names among the UNet's weights. */
  readonly prefix: string;
  /** It counts in a part of the picture only. */
  readonly masked: boolean;
}

/** What a slot is given in a run. */
export interface ImageInput {
  /** [batch, count, contextDim]. */
  readonly tokens: Float32Array;
  readonly count: number;
  /** For each block that has attentions, in the order input, middle, output; one number for all alike. */
  readonly weights: number | readonly number[];
  /** Where it counts, 0..1; null for everywhere. */
  readonly region: Planes | null;
}

/** What of a UNet says which blocks have attentions. */
type Attending = Pick<UNetConfig, 'transformerDepth' | 'resBlocks' | 'middleTransformerDepth' | 'contextDim'>;

/** An attention's place in the file, and that of its block's weight. */
interface Place {
  readonly layer: number;
  readonly block: number;
}

/** How many blocks there are that have a weight. */
export function imageBlockCount(config: Attending): number {
  const { ascent, descent, middle } = blocksOf(config);
  return descent.length + middle.length + ascent.length;
}

interface AttendingBlock {
  /** "input_blocks.1.1". */
  readonly name: string;
  readonly depth: number;
}

function blocksOf(config: Attending) {
  const descent: AttendingBlock[] = [];
  const ascent: AttendingBlock[] = [];
  const { transformerDepth, resBlocks, middleTransformerDepth } = config;
  let input = 1;
  for (const [level, depth] of transformerDepth.entries()) {
    for (let i = 0; i < resBlocks[level]!; i += 1, input += 1)
      if (depth > 0) descent.push({ name: `input_blocks.${input}.1`, depth });
    // What halves the size.
    input += 1;
  }
  let output = 0;
  for (const [level, depth] of [...transformerDepth.entries()].reverse()) {
    for (let i = 0; i <= resBlocks[level]!; i += 1, output += 1)
      if (depth > 0) ascent.push({ name: `output_blocks.${output}.1`, depth });
  }
  const bottom = { name: 'middle_block.1', depth: middleTransformerDepth };
  return { descent, ascent, middle: middleTransformerDepth > 0 ? [bottom] : [] };
}

/** By the names of transformers' blocks. */
function placesOf(config: Attending): ReadonlyMap<string, Place> {
  const { descent, ascent, middle } = blocksOf(config);
  const numbers = new Map([...descent, ...middle, ...ascent].map(({ name }, index) => [name, index]));
  const places = new Map<string, Place>();
  for (const { name, depth } of [...descent, ...ascent, ...middle]) {
    for (let i = 0; i < depth; i += 1) {
      const place = { layer: places.size, block: numbers.get(name)! };
      places.set(`${name}.transformer_blocks.${i}`, place);
    }
  }
  return places;
}

/** An attention's queries, [N, S, channels]. */
interface Query {
  readonly value: Value;
  /** Of the transformer's block. */
  readonly name: string;
  readonly channels: number;
  readonly heads: number;
  readonly level: Level;
}

export class ImageAttention {
  readonly #places: ReadonlyMap<string, Place>;
  readonly #blocks: number;
  readonly #slots: readonly Slot[];

  constructor(
    private readonly graph: Graph,
    catalog: WeightCatalog,
    config: Attending,
    slots: readonly ImageSlot[],
    /** Of arithmetic in attentions. */
    precision: Precision,
  ) {
    this.#places = placesOf(config);
    this.#blocks = imageBlockCount(config);
    this.#slots = slots.map(
      (slot, index) => new Slot(graph, catalog, config.contextDim, this.#blocks, slot, index, precision),
    );
  }

  /** `attended`, [N, S, channels], and what the pictures add. */
  added(attended: Value, query: Query): Value {
    const place = this.#places.get(query.name)!;
    return this.#slots.reduce((sum, slot) => this.graph.add(sum, slot.seen(query, place)), attended);
  }

  feeds(
    batch: number,
    sizes: ReadonlyMap<Level, Sizes>,
    images: readonly ImageInput[],
  ): Record<string, HostTensor> {
    if (images.length !== this.#slots.length)
      throw new RangeError(
        `The UNet looks at ${this.#slots.length} pictures, and is given ${images.length}.`,
      );
    return Object.assign({}, ...this.#slots.map((slot, i) => slot.feeds(batch, sizes, images[i]!)));
  }
}

class Slot {
  readonly #layers: Layers;
  readonly #tokens: Value;
  readonly #sequence: Value;
  readonly #weights: Value;
  readonly #masks = new Map<Level, Value>();

  constructor(
    private readonly graph: Graph,
    catalog: WeightCatalog,
    private readonly contextDim: number,
    private readonly blocks: number,
    private readonly slot: ImageSlot,
    private readonly index: number,
    private readonly precision: Precision,
  ) {
    this.#layers = new Layers(graph, catalog, slot.prefix);
    const tokens = graph.input(this.#name('tokens'), 'float32', ['n', this.#length, contextDim]);
    this.#tokens = graph.reshape(graph.cast(tokens, graph.precision), [-1, contextDim]);
    this.#sequence = graph.input(this.#name('sequence'), 'int64', [3]);
    this.#weights = graph.cast(
      graph.input(this.#name('weights'), 'float32', [blocks, 1, 1]),
      graph.precision,
    );
  }

  get #length(): string {
    return this.#name('length');
  }

  #name(part: string): string {
    return `image.${this.index}.${part}`;
  }

  seen({ value, channels, heads, level }: Query, { layer, block }: Place): Value {
    const { graph } = this;
    const names = layerNames(layer);
    const product = (name: string): Value => {
      const tokens = this.#layers.product(this.#tokens, name, null, this.contextDim, channels);
      return graph.reshape(tokens, this.#sequence, ['n', this.#length, channels]);
    };
    const inAttention = (tokens: Value): Value => graph.cast(tokens, this.precision);
    // What is weighed is mixed as it is: so it is few tokens that are multiplied, not all pixels.
    const weight = graph.slice(this.#weights, [block], [block + 1], [0]);
    const values = graph.mul(product(names.values), weight);
    const mixed = graph.multiHeadAttention(
      value,
      inAttention(product(names.keys)),
      inAttention(values),
      heads,
    );
    return this.slot.masked ? graph.mul(mixed, this.#mask(level)) : mixed;
  }

  /** [1, S, 1] of a level. */
  #mask(level: Level): Value {
    const known =
      this.#masks.get(level) ??
      this.graph.cast(
        this.graph.input(this.#maskName(level), 'float32', [1, `s${level.label}`, 1]),
        this.precision,
      );
    this.#masks.set(level, known);
    return known;
  }

  #maskName({ label }: Level): string {
    return this.#name(`mask.${label}`);
  }

  #weightsOf(weights: ImageInput['weights']): Float32Array {
    if (typeof weights === 'number') return new Float32Array(this.blocks).fill(weights);
    if (weights.length !== this.blocks)
      throw new RangeError(
        `An IP-Adapter has ${weights.length} weights for a UNet with ${this.blocks} blocks.`,
      );
    return Float32Array.from(weights);
  }

  feeds(
    batch: number,
    sizes: ReadonlyMap<Level, Sizes>,
    { tokens, count, weights, region }: ImageInput,
  ): Record<string, HostTensor> {
    const of = (part: string, data: Float32Array, dims: readonly number[]): Record<string, HostTensor> => {
      return { [this.#name(part)]: float32Tensor(this.#name(part), data, dims) };
    };
    const masks = [...this.#masks.keys()].map((level) => {
      const { height, width } = sizes.get(level)!;
      const mask = region
        ? resizePlanes(region, height, width, 'bilinear').data
        : new Float32Array(height * width).fill(1);
      return of(`mask.${level.label}`, mask, [1, height * width, 1]);
    });
    return Object.assign(
      { [this.#name('sequence')]: shapeTensor([batch, count, -1]) },
      of('tokens', tokens, [batch, count, this.contextDim]),
      of('weights', this.#weightsOf(weights), [this.blocks, 1, 1]),
      ...masks,
    );
  }
}
