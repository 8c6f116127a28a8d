// LoRA files over a model's weights, layer by layer, as they are asked for. Behaviour: A1111 1.10.1, extensions-builtin/Lora/networks.py.
import { toFloat32 } from '../checkpoint/convert.ts';
import type { Checkpoint, TensorInfo } from '../checkpoint/types.ts';
import { applied } from './apply.ts';
import { readAddOn, type AddOnFile } from './file.ts';
import type { Parts } from './kinds.ts';
import { layersOf, type Layer, type Layers } from './layers.ts';
import { sizeOf, type Tensor } from './matrix.ts';
import { strengthOf, type Strength } from './module.ts';
import type { WeightChanges } from './weight-changes.ts';

/** A file that a prompt names. */
export interface NamedLora {
  readonly name: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly strength: Strength;
  readonly checkpoint: Checkpoint;
}

/** A tensor of a file, as its bytes: a file of float16 takes half of what its numbers do. */
interface RawTensor {
  readonly info: TensorInfo;
  readonly bytes: Uint8Array;
}

interface OpenedLora extends NamedLora {
  readonly file: AddOnFile;
  /** By the names of tensors; empty until it is loaded. */
  readonly raw: Map<string, RawTensor>;
}

/** Parts of a file that change a layer's bias. */
const BIAS_PARTS = ['diff_b', 'b_norm'];

/** What is hardly worth an error, told to a person. */
export type OnRemark = (remark: string) => void;

export class LoraChanges implements WeightChanges {
  readonly textKey: string;
  readonly unetKey: string;
  /** Layers of which files change something, by the tensors that hold their weights and biases. */
  readonly #weights = new Map<string, Layer[]>();
  readonly #biases = new Map<string, Layer[]>();
  readonly #told = new Set<string>();

  private constructor(
    layers: Layers,
    private readonly loras: readonly OpenedLora[],
    private readonly onRemark: OnRemark,
  ) {
    this.textKey = keyOf(loras, layers, true);
    this.unetKey = keyOf(loras, layers, false);
    for (const layer of layers.byName.values()) {
      const changing = loras.filter((lora) => changes(lora, layer));
      if (changing.length === 0) continue;
      add(this.#weights, layer.weight, layer);
      const withBias = changing.filter(({ file }) =>
        BIAS_PARTS.some((part) => file.modules.get(layer.name)!.has(part)),
      );
      if (withBias.length > 0 && layer.bias !== null) add(this.#biases, layer.bias, layer);
      for (const { name } of layer.bias === null ? withBias : []) {
        this.#tellOnce(
          `The LoRA "${name}" gives a bias to layers that have none here: that part of it is left out.`,
        );
      }
    }
  }

  /**
   * In the order of the prompt. `weights`: the model's, under ldm's names. Throws AddOnError where a file has nothing for this model;
   * `onRemark` hears of what is left out of one.
   */
  static of(
    weights: Iterable<{ readonly name: string; readonly shape: readonly number[] }>,
    loras: readonly NamedLora[],
    onRemark: OnRemark,
  ): LoraChanges {
    const layers = layersOf(weights);
    const opened = loras.map((lora) => ({
      ...lora,
      file: readAddOn(lora.checkpoint, layers),
      raw: new Map(),
    }));
    return new LoraChanges(layers, opened, onRemark);
  }

  async load(): Promise<void> {
    for (const { checkpoint, file, raw } of this.loras) {
      for (const parts of file.modules.values()) {
        for (const name of parts.values()) {
          const info = checkpoint.tensors.get(name)!;
          // What is read may be a view of more.
          raw.set(name, { info, bytes: (await checkpoint.read(name)).slice() });
        }
      }
    }
  }

  has(name: string): boolean {
    return this.#weights.has(name) || this.#biases.has(name);
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

  #applied(layer: Layer, weight: Tensor, bias: Tensor | null) {
    const files = this.loras.map((lora) =>
      changes(lora, layer) ? { parts: partsOf(lora, layer), strength: lora.strength } : null,
    );
    const result = applied(layer.name, weight, bias, files);
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

function changes({ file, strength }: OpenedLora, { name }: Layer): boolean {
  return file.modules.has(name) && strengthOf(name, strength) !== 0;
}

/** The rows of a tensor that are the layer's own. */
function ownPart(values: Float32Array, { part }: Layer): Float32Array {
  if (!part) return values;
  const length = values.length / part.of;
  return values.subarray(part.index * length, (part.index + 1) * length);
}

function partsOf({ file, raw }: OpenedLora, { name }: Layer): Parts {
  const parts = new Map<string, Tensor>();
  for (const [part, tensor] of file.modules.get(name)!) {
    const { info, bytes } = raw.get(tensor)!;
    parts.set(part, { shape: info.shape, data: toFloat32(bytes, info.dtype) });
  }
  return parts;
}

/** Tells what is changed of text encoders, or of the UNet. The order counts: some kinds read what those before have left. */
function keyOf(loras: readonly OpenedLora[], { byName }: Layers, isText: boolean): string {
  const layers = [...byName.values()].filter((layer) => layer.isText === isText);
  const counting = loras.filter((lora) => layers.some((layer) => changes(lora, layer)));
  if (counting.length === 0) return '';
  return JSON.stringify(
    counting.map(({ sha256, strength: { text, unet, dyn } }) => [sha256, isText ? text : unet, dyn]),
  );
}

function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
