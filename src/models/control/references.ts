// reference_only and its kin (Mikubill/sd-webui-controlnet 1.1.455, scripts/hook.py, "Handle attention and AdaIN control"): pictures that
// the UNet looks at by its own self-attention. The extension sends each picture through the UNet first, and keeps what its layers see;
// here they go through in one batch: all items that are asked for, then all of them again for each picture, whose latents have the items'
// noise level. Self-attention of the first sees the tokens of the others, and blocks' results take their mean and spread ("AdaIN").
import type { Graph, Value } from '../../graph/graph.ts';
import type { HostTensor } from '../../graph/types.ts';
import type { Level } from '../level.ts';
import { float32Tensor, int32Tensor, shapeTensor } from '../network.ts';

/** A picture that is looked at. */
export interface Reference {
  /** [batch, inChannels, height, width], as the UNet is given the items' own. */
  readonly x: Float32Array;
  /** Above a layer's own number, which goes from 0 to 1 (attention) or 2 (AdaIN), the layer takes part. */
  readonly weight: number;
  /** "Style Fidelity": how much the negative prompt goes without it, 0..1. */
  readonly fidelity: number;
  readonly attention: boolean;
  readonly adain: boolean;
}

/** What a call of the UNet is told; the same network serves any number of pictures. */
export interface ReferenceInputs {
  readonly pictures: readonly Reference[];
  /** For each item: whether it is what pictures are guided away from. */
  readonly negative: readonly boolean[];
}

/** Variances are no less than this. */
const LEAST_VARIANCE = 1e-6;
/** ... and clipping needs another end. */
const MOST_VARIANCE = 1e30;

/** Blocks whose results take the pictures' mean and spread, with the number that a weight must be above, before it is doubled. */
const DOWN = [4, 5, 7, 8, 10, 11];
const UP = [0, 1, 2, 3, 4, 5, 6, 7];
const DOWN_SDXL = [4, 5, 7, 8];
const UP_SDXL = [0, 1, 2, 3, 4, 5];

function adainBlocks(isSdxl: boolean): ReadonlyMap<string, number> {
  const [down, up] = isSdxl ? [DOWN_SDXL, UP_SDXL] : [DOWN, UP];
  return new Map([
    ['middle_block', 0],
    ...down.map((block, i) => [`input_blocks.${block}`, 2 * (1 - i / down.length)] as const),
    ...up.map((block, i) => [`output_blocks.${block}`, (2 * i) / up.length] as const),
  ]);
}

/** A layer of self-attention, in the order of the UNet. */
interface AttentionLayer {
  readonly channels: number;
  readonly level: Level;
}

export class References {
  readonly #attention: AttentionLayer[] = [];
  readonly #adain: string[] = [];
  readonly #blocks: ReadonlyMap<string, number>;
  readonly #fed = new Map<string, Value>();

  constructor(
    private readonly graph: Graph,
    isSdxl: boolean,
  ) {
    this.#blocks = adainBlocks(isSdxl);
  }

  /** What is asked for of a result of all items. */
  own(x: Value): Value {
    return this.graph.slice(x, [0], this.#input('own', 'int64', [1]), [0]);
  }

  /** Self-attention: q, k and v [N, S, channels]. */
  attended(q: Value, k: Value, v: Value, heads: number, channels: number, level: Level): Value {
    const { graph } = this;
    const number = this.#attention.push({ channels, level }) - 1;
    const seen = this.#input(`${number}.seen`, 'int32', [`reference.${number}.seen`]);
    const shape = this.#input(`${number}.sequence`, 'int64', [3]);
    const rowsOf = (x: Value): Value => graph.reshape(x, [-1, channels]);
    const all = (x: Value): Value =>
      graph.reshape(graph.gather(rowsOf(x), seen), shape, [
        'reference.own',
        `reference.${number}.tokens`,
        channels,
      ]);
    const alone = graph.multiHeadAttention(q, k, v, heads);
    const together = graph.multiHeadAttention(this.own(q), all(k), all(v), heads);
    const mixed = this.#mixed(this.own(alone), together, `${number}`, q.type);
    const back = this.#input(`level${level.label}.back`, 'int32', [`m${level.label}`]);
    const joined = graph.gather(graph.concat([rowsOf(mixed), rowsOf(alone)], 0), back);
    return graph.reshape(joined, level.sequence, level.sequenceDims(channels));
  }

  /** A block's result [N, channels, H, W]. */
  normalized(x: Value, name: string, channels: number, level: Level): Value {
    if (!this.#blocks.has(name)) return x;
    this.#adain.push(name);
    const { graph } = this;
    const wide = graph.reshape(
      graph.cast(x, 'float32'),
      [0, channels, -1],
      ['n', channels, `s${level.label}`],
    );
    const mean = graph.mean(wide);
    const centred = graph.add(wide, graph.mul(mean, graph.constant([-1], [], 'float32')));
    const variance = graph.mean(graph.mul(centred, centred));
    const from = this.#input(`${name}.from`, 'float32', [1, 'n', 'n']);
    // [N, channels, 1]: what each item's is to be.
    const wanted = (statistic: Value): Value =>
      graph.reshape(
        graph.matMul(from, graph.reshape(statistic, [1, -1, channels], [1, 'n', channels])),
        [-1, channels, 1],
        ['n', channels, 1],
      );
    const spread = (statistic: Value): Value =>
      graph.sqrt(graph.clip(statistic, LEAST_VARIANCE, MOST_VARIANCE));
    const scaled = graph.mul(graph.div(centred, spread(variance)), spread(wanted(variance)));
    const moved = graph.add(scaled, wanted(mean));
    const mixed = this.#mixed(wide, moved, name, 'float32');
    const planes = graph.reshape(mixed, level.planes, level.planesDims(channels));
    return graph.cast(planes, x.type);
  }

  /** `batch`: items that are asked for, without those of pictures. `tokensAt`: of each level of the UNet. */
  feeds(
    batch: number,
    tokensAt: (level: Level) => number,
    { pictures, negative }: ReferenceInputs,
  ): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = { 'reference.own': shapeTensor([batch]) };
    const all = batch * (pictures.length + 1);
    const shares = (name: string, taking: readonly Reference[]): void => {
      const fidelity =
        taking.reduce((sum, picture) => sum + picture.fidelity, 0) / Math.max(1, taking.length);
      const alone = Float32Array.from(negative, (is) => (is ? fidelity : 0));
      const ones = new Float32Array(all - batch).fill(1);
      const counted = this.#adain.includes(name) ? Float32Array.from([...alone, ...ones]) : alone;
      const dims = [counted.length, 1, 1];
      feeds[`reference.${name}.alone`] = float32Tensor('alone', counted, dims);
      feeds[`reference.${name}.together`] = float32Tensor(
        'together',
        counted.map((share) => 1 - share),
        dims,
      );
    };
    // The widest layers come first, in the order of the UNet.
    const order = [...this.#attention.keys()].sort(
      (a, b) => this.#attention[b]!.channels - this.#attention[a]!.channels || a - b,
    );
    const tables = new Map<string, Int32Array<ArrayBuffer>>();
    for (const [place, number] of order.entries()) {
      const tokens = tokensAt(this.#attention[number]!.level);
      const taking = pictures.filter(({ attention, weight }) => attention && weight > place / order.length);
      const parts = [0, ...taking.map((picture) => 1 + pictures.indexOf(picture))];
      const key = [tokens, ...parts].join();
      const table = tables.get(key) ?? tokenRows(batch, tokens, parts);
      tables.set(key, table);
      feeds[`reference.${number}.seen`] = int32Tensor('seen', table, [table.length]);
      feeds[`reference.${number}.sequence`] = shapeTensor([batch, parts.length * tokens, -1]);
      shares(`${number}`, taking);
    }
    for (const level of new Set(this.#attention.map(({ level }) => level))) {
      const [own, whole] = [batch * tokensAt(level), all * tokensAt(level)];
      const back = Int32Array.from({ length: whole }, (_, row) => (row < own ? row : own + row));
      feeds[`reference.level${level.label}.back`] = int32Tensor('back', back, [whole]);
    }
    for (const name of this.#adain) {
      const taking = pictures.filter(({ adain, weight }) => adain && weight > this.#blocks.get(name)!);
      const from = meansOf(batch, pictures, taking);
      feeds[`reference.${name}.from`] = float32Tensor('from', from, [1, all, all]);
      shares(name, taking);
    }
    return feeds;
  }

  /** `alone`, as far as an item goes without the pictures; `together` beside. */
  #mixed(alone: Value, together: Value, name: string, type: Value['type']): Value {
    const { graph } = this;
    const share = (which: string) =>
      graph.cast(this.#input(`${name}.${which}`, 'float32', [`reference.${name}.items`, 1, 1]), type);
    return graph.add(graph.mul(alone, share('alone')), graph.mul(together, share('together')));
  }

  #input(name: string, type: 'float32' | 'int32' | 'int64', dims: readonly (number | string)[]): Value {
    const known = this.#fed.get(name) ?? this.graph.input(`reference.${name}`, type, dims);
    this.#fed.set(name, known);
    return known;
  }
}

/** Rows of the tokens that each item looks at: its own, and the same item's of the parts that take part. */
function tokenRows(batch: number, tokens: number, parts: readonly number[]): Int32Array<ArrayBuffer> {
  const rows = new Int32Array(batch * parts.length * tokens);
  let at = 0;
  for (let item = 0; item < batch; item++)
    for (const part of parts)
      for (let token = 0; token < tokens; token++) rows[at++] = (part * batch + item) * tokens + token;
  return rows;
}

/** [all, all]: of which items the means and variances are averaged for each. */
function meansOf(batch: number, pictures: readonly Reference[], taking: readonly Reference[]): Float32Array {
  const all = batch * (pictures.length + 1);
  const from = new Float32Array(all * all);
  for (let item = 0; item < all; item++) {
    const parts = item < batch ? taking.map((picture) => 1 + pictures.indexOf(picture)) : [];
    if (parts.length === 0) from[item * all + item] = 1;
    for (const part of parts) from[item * all + part * batch + item] = 1 / parts.length;
  }
  return from;
}
