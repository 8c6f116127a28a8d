// Text encoders: a causal transformer over 77 tokens (Radford et al. 2021), as a graph. CLIP-L as transformers stores it
// and OpenCLIP compute the same thing under different names; clip.ts and open-clip.ts say the names.
import { Graph, type Value } from '../graph/graph.ts';
import type { HostTensor, Precision, WeightCatalog } from '../graph/types.ts';
import { CLIP } from './clip.ts';
import { Layers } from './layers.ts';
import { float32Tensor, int32Tensor, type Network } from './network.ts';
import { OPEN_CLIP } from './open-clip.ts';
import type { TextLayout } from './text-layout.ts';
import type { TextEncoderConfig } from './types.ts';

export interface TextInputs {
  /** [chunks, positions] token ids, start, end and padding included. */
  readonly tokens: Int32Array;
  readonly chunks: number;
  /** What stands in place of tokens' own vectors. */
  readonly embedded?: readonly EmbeddedVectors[];
}

/** Vectors of a textual inversion. */
export interface EmbeddedVectors {
  /** Of the first, in [chunks * positions]. */
  readonly row: number;
  /** [count, width]. */
  readonly vectors: Float32Array;
}

export interface TextOptions {
  /** Adds the output "pooled" (SDXL): needs `config.projection` and the encoder's last layer. */
  readonly pooled?: boolean;
  /** For each token of a chunk its row in the position embedding; 0, 1, 2 ... unless given. */
  readonly positionIds?: readonly number[];
}

/** The deepest clip skip that A1111 offers. */
const MAX_SKIP = 12;

/** Name of the output with the hidden state `layer` from the end. */
export function stateName({ layers }: TextEncoderConfig, layer: number, finalNorm: boolean): string {
  return `${finalNorm ? 'skip' : 'hidden'}.${Math.min(layer, layers)}`;
}

/**
 * Outputs [chunks, positions, width] for n from 1 to 12 or the number of layers:
 * "hidden.n", the hidden state n from the end, and "skip.n", the same through the final layer norm: what A1111 gives at
 * clip skip n for SD 1, and for SD 2 at n = 2. "pooled" [chunks, projection]: the end token's last state through the final
 * norm and text_projection; the end token is the largest id.
 * Throws when the checkpoint's tensors are not those of `config`.
 */
export function textEncoderNetwork(
  config: TextEncoderConfig,
  weights: WeightCatalog,
  precision: Precision,
  options: TextOptions = {},
): Network<TextInputs> {
  const { width, positions, vocabulary, absentLayers = [] } = config;
  const layout = config.type === 'clip' ? CLIP : OPEN_CLIP;
  const graph = new Graph(precision);
  const layers = new Layers(graph, weights, config.prefix);

  const ids = graph.input('tokens', 'int32', ['n', positions]);
  // Always there, so that a prompt with an embedding needs no second copy of the weights.
  const [kept, replaced] = [
    graph.input('kept', 'float32', ['n', positions, 1]),
    graph.input('replaced', 'float32', ['n', positions, width]),
  ].map((input) => graph.cast(input, precision)) as [Value, Value];
  const table = layers.weight(layout.tokenEmbedding, [vocabulary, width]);
  const embedded = graph.add(graph.mul(graph.gather(table, ids), kept), replaced);
  const rows = layers.weight(layout.positionEmbedding, [positions, width]);
  const { positionIds } = options;
  const placed = graph.add(
    embedded,
    positionIds ? graph.gather(rows, graph.input('positions', 'int32', [positions])) : rows,
  );

  const hidden = [graph.reshape(placed, [-1, width])];
  for (let i = 0; i < config.layers; i++) {
    const x = hidden[i]!;
    hidden.push(absentLayers.includes(i) ? x : block(layers, x, config, layout.block(i)));
  }

  const chunked = (x: Value) => graph.reshape(x, [-1, positions, width]);
  const dims = ['n', positions, width];
  for (let n = 1; n <= config.layers && n <= MAX_SKIP; n++) {
    const state = hidden[hidden.length - n]!;
    graph.output(`hidden.${n}`, chunked(state), dims);
    graph.output(`skip.${n}`, chunked(layers.layerNorm(state, layout.finalNorm, width)), dims);
  }

  if (options.pooled) {
    if (config.projection === null || layout.textProjection === null) {
      throw new Error('This text encoder has no pooled output.');
    }
    // Row numbers in [chunks * positions], found among the ids before the run: ArgMax would fall back to the CPU.
    const ends = graph.input('ends', 'int32', ['n']);
    const final = layers.layerNorm(hidden[config.layers]!, layout.finalNorm, width);
    const projection = layers.weight(layout.textProjection, [width, config.projection]);
    const pooled = graph.gemm(graph.gather(final, ends), projection, null, { transposed: false });
    graph.output('pooled', pooled, ['n', config.projection]);
  }

  return {
    graph,
    outputs: graph.outputs.map((port) => port.name),
    feeds({ tokens, chunks, embedded = [] }) {
      const wrong = tokens.find((id) => id < 0 || id >= vocabulary);
      if (wrong !== undefined)
        throw new RangeError(`Token ${wrong} is not in a vocabulary of ${vocabulary}.`);
      return {
        tokens: int32Tensor('tokens', tokens, [chunks, positions]),
        ...replacements(embedded, chunks, positions, width),
        ...(positionIds && {
          positions: int32Tensor('positions', Int32Array.from(positionIds), [positions]),
        }),
        ...(options.pooled && {
          ends: int32Tensor('ends', endRows(tokens, chunks, positions), [chunks]),
        }),
      };
    },
  };
}

/** A pre-norm transformer layer: causal self-attention and an MLP, each beside a shortcut. */
function block(
  layers: Layers,
  x: Value,
  config: TextEncoderConfig,
  names: ReturnType<TextLayout['block']>,
): Value {
  const { graph } = layers;
  const { width, heads, positions, mlpWidth } = config;
  const sequence = (tokens: Value) => graph.reshape(tokens, [-1, positions, width]);
  const [q, k, v] = names.queryKeyValue(layers, layers.layerNorm(x, names.norm1, width), width);
  const mixed = graph.multiHeadAttention(sequence(q), sequence(k), sequence(v), heads, { causal: true });
  const told = layers.linear(graph.reshape(mixed, [-1, width]), names.attentionOut, width, width);
  const h = graph.add(x, told);

  const wide = layers.linear(layers.layerNorm(h, names.norm2, width), names.mlpIn, width, mlpWidth);
  const active = config.activation === 'gelu' ? graph.gelu(wide) : graph.quickGelu(wide);
  return graph.add(h, layers.linear(active, names.mlpOut, mlpWidth, width));
}

/** "kept": 0 where a token's own vector makes room for another, else 1. "replaced": the others, else 0. */
function replacements(
  embedded: readonly EmbeddedVectors[],
  chunks: number,
  positions: number,
  width: number,
): Record<'kept' | 'replaced', HostTensor> {
  const rows = chunks * positions;
  const kept = new Float32Array(rows).fill(1);
  const replaced = new Float32Array(rows * width);
  for (const { row, vectors } of embedded) {
    const count = vectors.length / width;
    if (!Number.isInteger(count) || row < 0 || row + count > rows) {
      throw new RangeError(
        `${vectors.length} numbers at row ${row} are no vectors of ${width} in ${rows} rows.`,
      );
    }
    kept.fill(0, row, row + count);
    replaced.set(vectors, row * width);
  }
  return {
    kept: float32Tensor('kept', kept, [chunks, positions, 1]),
    replaced: float32Tensor('replaced', replaced, [chunks, positions, width]),
  };
}

/** For each chunk the row, in [chunks * positions], of the first of its largest ids. */
function endRows(tokens: Int32Array, chunks: number, positions: number): Int32Array {
  return Int32Array.from({ length: chunks }, (_, chunk) => {
    const ids = tokens.subarray(chunk * positions, (chunk + 1) * positions);
    return chunk * positions + ids.indexOf(ids.reduce((largest, id) => Math.max(largest, id), 0));
  });
}
