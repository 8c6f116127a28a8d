// Self-attention that is another one for items of a batch that are marked, and what it looks at, for guidance away from what comes of
// that. Tokens are [N, tokens, C].
import type { Dim, Graph, Value } from '../graph/graph.ts';
import { blurMatrix } from './attention-blur.ts';
import type { PlaneMaps } from './changes/plane-maps.ts';
import { DEEP } from './changes/deep-cache.ts';
import type { Level } from './level.ts';

/** Which layers: those whose names begin so and go on with a full stop: "middle_block". */
interface InLayers {
  readonly layers: string;
}

/**
 * Perturbed-Attention Guidance (Ahn et al. 2024, arXiv 2403.17377, section 4.2): for items that are marked, self-attention gives its values
 * as they are, as if every token attended to itself alone.
 */
export interface PerturbedAttention extends InLayers {
  readonly kind: 'perturbed-attention';
  /** Without the layer's last projection (sd-webui-incantations). */
  readonly bare?: boolean;
}

/** Name of its mark: 1 perturbs, 0 does not. */
export const PERTURBED = 'perturbed';
export const PERTURBED_BARE = 'perturbed.bare';

/**
 * Self-Attention Guidance (Hong et al. 2022, arXiv 2210.00939, section 4.2) asks what a layer looks at: of all attention the share of each
 * token, averaged over heads and queries, comes out as a note.
 */
export interface AttentionShares extends InLayers {
  readonly kind: 'attention-shares';
}

/**
 * Smoothed Energy Guidance (Hong 2024, arXiv 2408.00760, section 4.2): for items that are marked, queries are blurred over the picture.
 */
export interface SmoothedQueries extends InLayers {
  readonly kind: 'smoothed-queries';
  /** Of the Gaussian, in tokens; null blurs without end. */
  readonly sigma: number | null;
}

/** Name of its mark: 1 smooths, 0 does not. */
export const SMOOTHED = 'smoothed';

export type AttentionChange = PerturbedAttention | AttentionShares | SmoothedQueries;

const KINDS: readonly string[] = [
  ...(['perturbed-attention', 'attention-shares', 'smoothed-queries'] satisfies AttentionChange['kind'][]),
];

export function isAttentionChange(change: { readonly kind: string }): change is AttentionChange {
  return KINDS.includes(change.kind);
}

/** What comes out of a network besides its prediction. */
export interface Note {
  readonly name: string;
  readonly value: Value;
  readonly dims: readonly Dim[];
}

/** Name of the note that holds attention's shares: [N, tokens, 1]. */
export const SHARES = 'note.attention';

/** What the changes make networks note. */
export function notesOf(changes: readonly { readonly kind: string }[]): readonly string[] {
  const has = (wanted: string): boolean => changes.some(({ kind }) => kind === wanted);
  return [...(has('attention-shares') ? [SHARES] : []), ...(has('deep-cache') ? [DEEP] : [])];
}

/** Of one layer, while it is built. */
export interface AttentionLayer {
  readonly name: string;
  readonly channels: number;
  readonly heads: number;
  /** Null where only a part of the tokens is left. */
  readonly level: Level | null;
}

export class AttentionChanges {
  readonly notes: Note[] = [];

  /** `mark`: the input of that name, a number for each item, [N]. */
  constructor(
    private readonly graph: Graph,
    private readonly changes: readonly AttentionChange[],
    private readonly mark: (name: string) => Value,
    private readonly maps: PlaneMaps,
  ) {}

  /** Whether a layer is another one, or looked at. */
  concerns(name: string): boolean {
    return this.changes.some((change) => isIn(change, name));
  }

  /** What a layer asks with. */
  asked({ name, channels, level }: AttentionLayer, queries: Value): Value {
    const change = this.changes.find((one) => one.kind === 'smoothed-queries' && isIn(one, name));
    if (change?.kind !== 'smoothed-queries' || !level) return queries;
    const { graph } = this;
    const { sigma } = change;
    const planes = graph.transpose(
      graph.reshape(queries, level.pixels, level.pixelsDims(channels)),
      [0, 3, 1, 2],
    );
    const blurred = this.maps.apply(planes, channels, {
      ...{ from: level, to: level, parts: 1 },
      matrices: ({ height, width }) => ({
        rows: blurMatrix(height, width, sigma),
        columns: blurMatrix(width, width, sigma),
      }),
    });
    const tokens = graph.transpose(blurred, [0, 2, 3, 1]);
    const smoothed = graph.reshape(tokens, level.sequence, level.sequenceDims(channels));
    return this.#exchanged(queries, smoothed, SMOOTHED);
  }

  /** Takes note of what a layer looks at. */
  look(layer: AttentionLayer, queries: Value, keys: Value): void {
    const { name, level } = layer;
    const asked = this.changes.some((change) => change.kind === 'attention-shares' && isIn(change, name));
    if (!asked || !level || this.notes.length > 0) return;
    const value = shares(this.graph, layer, level, queries, keys);
    this.notes.push({ name: SHARES, value, dims: level.sequenceDims(1) });
  }

  /** What a layer has found, before its last projection. */
  attended({ name }: AttentionLayer, mixed: Value, values: Value): Value {
    return this.#perturbs(name, false) ? this.#exchanged(mixed, values, PERTURBED) : mixed;
  }

  /** ... and after it, as [N * tokens, C]. `shape`: from that to [N, tokens, C]. */
  projected({ name, channels }: AttentionLayer, tokens: Value, values: Value, shape: Value): Value {
    if (!this.#perturbs(name, true)) return tokens;
    const { graph } = this;
    const exchanged = this.#exchanged(
      graph.reshape(tokens, shape),
      graph.cast(values, graph.precision),
      PERTURBED_BARE,
    );
    return graph.reshape(exchanged, [-1, channels]);
  }

  #perturbs(name: string, bare: boolean): boolean {
    return this.changes.some(
      (change) =>
        change.kind === 'perturbed-attention' && (change.bare ?? false) === bare && isIn(change, name),
    );
  }

  /** `x`, and `other` for the items that are marked. */
  #exchanged(x: Value, other: Value, name: string): Value {
    const { graph } = this;
    const number = (value: number) => graph.constant([value], [], 'float32');
    const mark = graph.reshape(this.mark(name), [-1, 1, 1]);
    const rest = graph.add(graph.mul(mark, number(-1)), number(1));
    const share = (of: Value, part: Value) => graph.mul(of, graph.cast(part, of.type));
    return graph.add(share(x, rest), share(other, mark));
  }
}

function isIn({ layers }: InLayers, name: string): boolean {
  return name.startsWith(`${layers}.`);
}

function shares(
  graph: Graph,
  { channels, heads }: AttentionLayer,
  level: Level,
  queries: Value,
  keys: Value,
): Value {
  const [[, length], width] = [level.sequenceDims(channels), channels / heads];
  const split = level.fed(`split ${heads}`, ({ batch, height, width }) => [batch, height * width, heads, -1]);
  const single = level.fed(`single ${heads}`, ({ batch, height, width }) => [
    batch * heads,
    height * width,
    -1,
  ]);
  const joined = level.fed(`joined ${heads}`, ({ batch, height, width }) => [batch, heads, height * width]);
  const byHead = (x: Value) => {
    const apart = graph.reshape(graph.cast(x, 'float32'), split, ['n', length!, heads, width]);
    return graph.reshape(graph.transpose(apart, [0, 2, 1, 3]), single, ['n.heads', length!, width]);
  };
  const scaled = graph.mul(byHead(queries), graph.constant([width ** -0.5], [], 'float32'));
  const attention = graph.softmax(graph.matMul(scaled, graph.transpose(byHead(keys), [0, 2, 1])));
  const overQueries = graph.mean(graph.transpose(attention, [0, 2, 1]));
  return graph.mean(graph.transpose(graph.reshape(overQueries, joined, ['n', heads, length!]), [0, 2, 1]));
}
