// Token merging (Bolya & Hoffman 2023, "Token Merging for Fast Stable Diffusion", section 4; the matching: Bolya et al. 2023,
// section 3), as A1111 uses it: self-attention sees fewer tokens, since those that are most like others are averaged with them,
// and each gets the result of the token that it went into. Nothing is random: of every 2x2 tokens the top left one is a
// destination, all others are sources.
import type { Graph, Value } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import type { Sizes } from './level.ts';
import { int32Tensor, shapeTensor } from './network.ts';

/**
 * Averages are added up in integers, this many to 1: sums of floats by many threads come out a little different every time,
 * and a seed must give one picture. What is added are layer norms, far below 2^31 / 2^20.
 */
const FIXED_POINT = 2 ** 20;

/**
 * The sources are compared with the destinations part by part, or else the table of who is like whom would be the largest
 * tensor of all (200 MB at 1024x1024). There are three sources at least.
 */
const PARTS = 3;

function partOf(sources: number, part: number): readonly [from: number, to: number] {
  return [Math.floor((part * sources) / PARTS), Math.floor(((part + 1) * sources) / PARTS)];
}

export interface TokenCounts {
  readonly tokens: number;
  readonly sources: number;
  readonly destinations: number;
  /** Sources that are merged. */
  readonly merged: number;
  /** Tokens that are left. */
  readonly left: number;
}

/** @throws RangeError where a side is below 2: there is nothing to merge into. */
export function tokenCounts({ height, width }: Sizes, ratio: number): TokenCounts {
  if (!(ratio > 0)) throw new RangeError(`A ratio of ${ratio} merges no tokens; it must be above 0.`);
  const destinations = Math.floor(height / 2) * Math.floor(width / 2);
  if (destinations === 0) {
    throw new RangeError(`Tokens of ${width}x${height} cannot be merged: each side needs at least 2.`);
  }
  const tokens = height * width;
  const sources = tokens - destinations;
  // An empty tensor could not be computed with, so that one is merged where A1111 would merge none.
  const merged = Math.max(1, Math.min(sources, Math.floor(tokens * ratio)));
  return { tokens, sources, destinations, merged, left: tokens - merged };
}

/** Where the tokens of one layer go. All values but `weight` are int32, and count rows through the whole batch. */
export interface Merging {
  /** Rows of the tokens that are merged, [N * merged], and of those that stay, [N * left]. */
  readonly gone: Value;
  readonly stay: Value;
  /** Row among those left that each of `gone` goes into. */
  readonly into: Value;
  /** Row among those left of every token, [N * tokens]. */
  readonly place: Value;
  /** One over the number of tokens in each of those left, [N * left, 1]; float32. */
  readonly weight: Value;
}

type Table = (counts: TokenCounts, sizes: Sizes) => HostTensor;

export class TokenMerging {
  /** Every step of a picture is fed the same. */
  #last: { readonly key: string; readonly feeds: Record<string, HostTensor> } | null = null;
  readonly #tables = new Map<string, { readonly value: Value; readonly fill: Table }>();

  /** The graph serves every ratio: how many tokens are merged is told by what is fed. */
  constructor(readonly graph: Graph) {}

  /** Shape from tokens [N * left, C] to [N, left, C]. */
  get sequence(): Value {
    return this.#shape('sequence', ({ left }, { batch }) => [batch, left, -1]);
  }

  /** By how much the tokens [N * tokens, channels] are like each other. */
  plan(tokens: Value, channels: number): Merging {
    const { graph } = this;
    const flat = (x: Value) => graph.reshape(x, [-1]);
    // The dot product of such vectors is `channels` times the cosine between them.
    const directions = graph.rmsNormalization(tokens, channels, 1e-12);
    const destinations = graph.reshape(
      graph.gather(directions, this.#destinationRows),
      this.#shape('destinations', ({ destinations }, { batch }) => [batch, destinations, channels]),
      ['n', 'merging.destinations', channels],
    );
    const parts = Array.from({ length: PARTS }, (_, part) => {
      const sources = graph.reshape(
        graph.gather(directions, this.#partRows(part)),
        this.#shape(`part ${part}`, ({ sources }, { batch }) => {
          const [from, to] = partOf(sources, part);
          return [batch, to - from, channels];
        }),
        ['n', `merging.sources.${part}`, channels],
      );
      const likeness = graph.matMul(destinations, graph.transpose(sources, [0, 2, 1]));
      const nearest = graph.argMax(likeness, 1);
      return {
        best: graph.cast(graph.gatherElements(likeness, nearest, 1), 'float32'),
        // Looked up in a table, an index of ONNX's becomes an int32, which can be added to.
        slots: graph.gather(this.#slots, nearest),
      };
    });
    const join = (values: readonly Value[]) => graph.concat(values, 2);
    const order = graph.topIndices(
      join(parts.map(({ best }) => best)),
      this.#shape('count', ({ sources }) => [sources]),
    );

    const slots = flat(graph.add(join(parts.map(({ slots }) => slots)), this.#starts));
    const sorted = flat(graph.add(graph.gather(this.#numbers, order), this.#sourceStarts));
    const rows = graph.concat([graph.gather(this.#sourceRows, sorted), this.#destinationRows], 0);
    const gone = graph.gather(rows, this.#goneAt);
    const stay = graph.gather(rows, this.#stayAt);
    const into = graph.gather(slots, graph.gather(sorted, this.#goneAt));
    const count = graph.scatter(this.#onesLeft, into, this.#onesGone, 'add');
    return {
      gone,
      stay,
      into,
      place: graph.scatter(rows, graph.concat([gone, stay], 0), graph.concat([into, this.#places], 0), 'put'),
      weight: graph.div(
        graph.constant([1], [1, 1], 'float32'),
        graph.cast(graph.reshape(count, [-1, 1]), 'float32'),
      ),
    };
  }

  /** [N * tokens, channels] -> [N * left, channels], the mean of what went into each. */
  merge(tokens: Value, { gone, stay, into, weight }: Merging, channels: number): Value {
    const { graph } = this;
    const scale = (by: number) => graph.constant([by], [], 'float32');
    const share = (rows: Value, weights: Value) => {
      const weighed = graph.mul(graph.cast(graph.gather(tokens, rows), 'float32'), weights);
      return graph.cast(graph.mul(weighed, scale(FIXED_POINT)), 'int32');
    };
    const wide = graph.expand(graph.reshape(into, [-1, 1]), [1, channels], ['merging.gone', channels]);
    const sum = graph.scatter(share(stay, weight), wide, share(gone, graph.gather(weight, into)), 'add');
    return graph.cast(graph.mul(graph.cast(sum, 'float32'), scale(1 / FIXED_POINT)), tokens.type);
  }

  /** [N * left, C] -> [N * tokens, C]. */
  unmerge(left: Value, { place }: Merging): Value {
    return this.graph.gather(left, place);
  }

  /**
   * What the graph's inputs carry in a run of these sizes of the latent. `ratio`: the part of all tokens that is merged,
   * above 0; never more than the sources, which are about 3/4. @throws RangeError
   */
  feeds(sizes: Sizes, ratio: number): Record<string, HostTensor> {
    const { batch, height, width } = sizes;
    const key = [batch, height, width, ratio].join();
    if (this.#last?.key !== key) {
      const counts = tokenCounts(sizes, ratio);
      const tables = [...this.#tables].map(([name, { fill }]) => [inputName(name), fill(counts, sizes)]);
      this.#last = { key, feeds: Object.fromEntries(tables) as Record<string, HostTensor> };
    }
    return this.#last.feeds;
  }

  get #sourceRows(): Value {
    return this.#rows('source rows', (counts, sizes) => tokenRows(counts, sizes, 'sources'));
  }

  /** Rows of the sources that are compared together. */
  #partRows(part: number): Value {
    return this.#rows(`rows of part ${part}`, (counts, sizes) => {
      const [from, to] = partOf(counts.sources, part);
      return tokenRows(counts, sizes, 'sources', from, to);
    });
  }

  get #destinationRows(): Value {
    return this.#rows('destination rows', (counts, sizes) => tokenRows(counts, sizes, 'destinations'));
  }

  /** In one sample, where among the tokens left each destination stands: after the sources. */
  get #slots(): Value {
    return this.#rows('slots', ({ destinations, left }) =>
      perSample(1, destinations, (_, i) => left - destinations + i),
    );
  }

  /** In one sample, the numbers of the sources. */
  get #numbers(): Value {
    return this.#rows('numbers', ({ sources }) => perSample(1, sources, (_, i) => i));
  }

  /** Of each sample, the first row of those left, and the first among all sources; [N, 1, 1]. */
  get #starts(): Value {
    return this.#firsts('starts', ({ left }) => left);
  }

  get #sourceStarts(): Value {
    return this.#firsts('source starts', ({ sources }) => sources);
  }

  /** Of all rows, first the sources of each sample by likeness, then the destinations of each: which go, which stay. */
  get #goneAt(): Value {
    return this.#rows('gone', ({ merged, sources }, { batch }) =>
      perSample(batch, merged, (n, i) => n * sources + i),
    );
  }

  get #stayAt(): Value {
    return this.#rows('stay', ({ merged, sources, destinations, left }, { batch }) =>
      perSample(batch, left, (n, i) =>
        merged + i < sources
          ? n * sources + merged + i
          : batch * sources + n * destinations + (merged + i - sources),
      ),
    );
  }

  get #places(): Value {
    return this.#rows('places', ({ left }, { batch }) => perSample(1, batch * left, (_, i) => i));
  }

  get #onesLeft(): Value {
    return this.#rows('left once', ({ left }, { batch }) => new Int32Array(batch * left).fill(1));
  }

  get #onesGone(): Value {
    return this.#rows('gone once', ({ merged }, { batch }) => new Int32Array(batch * merged).fill(1));
  }

  #firsts(name: string, length: (counts: TokenCounts) => number): Value {
    return this.#table(name, 'int32', ['n', 1, 1], (counts, { batch }) =>
      int32Tensor(
        name,
        Int32Array.from({ length: batch }, (_, n) => n * length(counts)),
        [batch, 1, 1],
      ),
    );
  }

  #rows(name: string, compute: (counts: TokenCounts, sizes: Sizes) => Int32Array<ArrayBuffer>): Value {
    return this.#table(name, 'int32', [`merging.${name}`], (counts, sizes) => {
      const data = compute(counts, sizes);
      return int32Tensor(name, data, [data.length]);
    });
  }

  #shape(name: string, compute: (counts: TokenCounts, sizes: Sizes) => readonly number[]): Value {
    const length = name === 'count' ? 1 : 3;
    return this.#table(name, 'int64', [length], (counts, sizes) => shapeTensor(compute(counts, sizes)));
  }

  #table(name: string, type: 'int32' | 'int64', dims: readonly (number | string)[], fill: Table): Value {
    const known = this.#tables.get(name)?.value;
    const value = known ?? this.graph.input(inputName(name), type, dims);
    if (!known) this.#tables.set(name, { value, fill });
    return value;
  }
}

function inputName(name: string): string {
  return `merging.${name}`;
}

/** [batch, length] numbers, one sample after the other. */
function perSample(batch: number, length: number, number: (n: number, i: number) => number) {
  const numbers = new Int32Array(batch * length);
  for (let n = 0, at = 0; n < batch; n++) for (let i = 0; i < length; i++) numbers[at++] = number(n, i);
  return numbers;
}

/** Rows of the destinations, or of the sources, of every sample; of each sample's, those from `from` to `to`. */
function tokenRows(
  { tokens, sources, destinations }: TokenCounts,
  { batch, height, width }: Sizes,
  which: 'sources' | 'destinations',
  from = 0,
  to = which === 'sources' ? sources : destinations,
) {
  const [evenHeight, evenWidth] = [height - (height % 2), width - (width % 2)];
  const first = new Int32Array(tokens);
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isDestination = y % 2 === 0 && x % 2 === 0 && y < evenHeight && x < evenWidth;
      if (isDestination === (which === 'destinations')) first[count++] = y * width + x;
    }
  }
  return perSample(batch, to - from, (n, i) => n * tokens + first[from + i]!);
}
