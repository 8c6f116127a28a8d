// LoRA files over a model's weights, layer by layer, as they are asked for. Behaviour: A1111 1.10.1, extensions-builtin/Lora/networks.py.
import { toFloat32 } from '../checkpoint/convert.ts';
import type { Checkpoint, TensorInfo } from '../checkpoint/types.ts';
import type { Factors, WeightRef } from '../graph/types.ts';
import { applied } from './apply.ts';
import type { AddOnFile } from './file.ts';
import type { Parts } from './kinds.ts';
import type { Layer, Layers } from './layers.ts';
import { sizeOf, type Tensor } from './matrix.ts';
import { factorsOf, strengthOf, type FactoredChange, type Strength } from './module.ts';
import type { WeightChanges } from './weight-changes.ts';

/** A file that a prompt names. */
export interface OpenedLora {
  readonly name: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly strength: Strength;
  readonly checkpoint: Checkpoint;
  /** What of it belongs to which of the model's layers. */
  readonly file: AddOnFile;
}

/** A tensor of a file, as its bytes: a file of float16 takes half of what its numbers do. */
interface RawTensor {
  readonly info: TensorInfo;
  readonly bytes: Uint8Array;
}

/** Parts of a file that change a layer's bias. */
const BIAS_PARTS = ['diff_b', 'b_norm'];

/** What is hardly worth an error, told to a person. */
export type OnRemark = (remark: string) => void;

export class LoraChanges implements WeightChanges {
  readonly textKey: string;
  readonly keys: ReadonlyMap<string, string>;
  readonly added: ReadonlyMap<string, number>;
  /** Layers of which files change something, by the tensors that hold their weights and biases. */
  readonly #weights = new Map<string, Layer[]>();
  readonly #biases = new Map<string, Layer[]>();
  readonly #told = new Set<string>();

  /** By the names of a file's tensors; empty until they are loaded. */
  readonly #raw = new Map<OpenedLora, Map<string, RawTensor>>();

  /** `loras`: in the order of the prompt. `onRemark` hears of what is left out of one. */
  constructor(
    layers: Layers,
    private readonly loras: readonly OpenedLora[],
    private readonly onRemark: OnRemark,
  ) {
    const [keys, added] = [new Map<string, string>(), new Map<string, number>()];
    for (const layer of layers.byName.values()) {
      const changing = loras.filter((lora) => changesLayer(lora, layer));
      if (changing.length === 0) continue;
      const key = JSON.stringify(
        changing.map(({ sha256, strength }) => [sha256, strengthOf(layer.name, strength), strength.dyn]),
      );
      const note = (lists: Map<string, Layer[]>, tensor: string): void => {
        add(lists, tensor, layer);
        keys.set(tensor, `${keys.get(tensor) ?? ''}${layer.part?.index ?? ''}${key}`);
      };
      note(this.#weights, layer.weight);
      const withBias = changing.filter(({ file }) =>
        BIAS_PARTS.some((part) => file.modules.get(layer.name)!.has(part)),
      );
      if (withBias.length === 0 || (layer.bias === null && layer.isText)) continue;
      // Of text encoders only tables have none, which A1111 leaves as they are.
      const bias = layer.bias ?? layer.weight.replace(/weight$/, 'bias');
      if (layer.bias === null) added.set(bias, layer.shape[0] ?? 0);
      note(this.#biases, bias);
    }
    this.keys = keys;
    this.added = added;
    this.textKey = keyOfText(keys, layers);
  }

  async load(): Promise<void> {
    for (const lora of this.loras) {
      const { checkpoint, file } = lora;
      const raw = new Map<string, RawTensor>();
      this.#raw.set(lora, raw);
      for (const parts of file.modules.values()) {
        for (const name of parts.values()) {
          const info = checkpoint.tensors.get(name)!;
          // What is read may be a view of more.
          raw.set(name, { info, bytes: (await checkpoint.read(name)).slice() });
        }
      }
    }
  }

  apply(name: string, values: Float32Array): Float32Array {
    for (const layer of this.#weights.get(name) ?? []) {
      const own = ownPart(values, layer);
      own.set(this.#applied(layer, { shape: layer.shape, data: own.slice() }, null).weight.data);
    }
    for (const layer of this.#biases.get(name) ?? []) {
      const own = ownPart(values, layer);
      // No kind that changes a bias looks at the weight for that.
      const weight = { shape: layer.shape, data: new Float32Array(sizeOf(layer.shape)) };
      const { bias } = this.#applied(layer, weight, { shape: [own.length], data: own.slice() });
      if (bias && bias.data.length === own.length) own.set(bias.data);
    }
    return values;
  }

  factors({ name, shape, start }: WeightRef): Factors | null {
    const rows = shape[0] ?? 1;
    const columns = sizeOf(shape.slice(1));
    const first = start / columns;
    const layer = this.#weights.get(name)?.find((one) => {
      const begin = (one.part?.index ?? 0) * one.shape[0]!;
      return begin <= first && first + rows <= begin + one.shape[0]!;
    });
    if (!layer || sizeOf(layer.shape.slice(1)) !== columns) return null;
    const within = first - (layer.part?.index ?? 0) * layer.shape[0]!;
    const changes: FactoredChange[] = [];
    for (const file of this.#filesOf(layer)) {
      if (!file) continue;
      const change = factorsOf(layer.name, file.parts, layer.shape, file.strength);
      if (!change) return null;
      changes.push(change);
    }
    return joined(changes, within, rows, columns);
  }

  #filesOf(layer: Layer) {
    return this.loras.map((lora) =>
      changesLayer(lora, layer)
        ? { parts: partsOf(lora, this.#raw.get(lora)!, layer), strength: lora.strength }
        : null,
    );
  }

  #applied(layer: Layer, weight: Tensor, bias: Tensor | null) {
    const result = applied(layer.name, weight, bias, this.#filesOf(layer));
    for (const { index, reason } of result.failed) {
      const { name } = this.loras[index]!;
      this.#tellOnce(`A part of the LoRA "${name}" does not fit this checkpoint, and is left out. ${reason}`);
    }
    return result;
  }

  #tellOnce(remark: string): void {
    if (this.#told.has(remark)) return;
    this.#told.add(remark);
    this.onRemark(remark);
  }
}

function changesLayer({ file, strength }: OpenedLora, { name }: Layer): boolean {
  return file.modules.has(name) && strengthOf(name, strength) !== 0;
}

/** The rows of a tensor that are the layer's own. */
function ownPart(values: Float32Array, { part }: Layer): Float32Array {
  if (!part) return values;
  const length = values.length / part.of;
  return values.subarray(part.index * length, (part.index + 1) * length);
}

function partsOf({ file }: OpenedLora, raw: ReadonlyMap<string, RawTensor>, { name }: Layer): Parts {
  const parts = new Map<string, Tensor>();
  for (const [part, tensor] of file.modules.get(name)!) {
    const { info, bytes } = raw.get(tensor)!;
    parts.set(part, { shape: info.shape, data: toFloat32(bytes, info.dtype) });
  }
  return parts;
}

/** Of the text encoders' tensors alone. The order of files counts: some kinds read what those before have left. */
function keyOfText(keys: ReadonlyMap<string, string>, { byName }: Layers): string {
  const own = [...byName.values()].filter(({ isText }) => isText);
  const all = own.flatMap(({ weight }) => keys.get(weight) ?? []);
  return [...new Set(all)].join();
}

/** Several products as one: their ranks one after the other. `first`: which row of theirs is the first. */
function joined(changes: readonly FactoredChange[], first: number, rows: number, columns: number): Factors {
  const rank = changes.reduce((sum, { used }) => sum + used, 0);
  const [up, down] = [new Float32Array(rank * rows), new Float32Array(rank * columns)];
  let at = 0;
  for (const change of changes) {
    const { factor, used } = change;
    const width = change.up.shape[1]!;
    down.set(change.down.data.subarray(0, used * columns), at * columns);
    for (let r = 0; r < used; r++) {
      for (let row = 0; row < rows; row++) {
        up[(at + r) * rows + row] = factor * change.up.data[(first + row) * width + r]!;
      }
    }
    at += used;
  }
  return { rank, up, down };
}

function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
