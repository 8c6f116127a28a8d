// LoRA files over a model's weights, layer by layer, as they are asked for. Behaviour: A1111 1.10.1, extensions-builtin/Lora/networks.py.
import { toFloat32 } from '../checkpoint/convert.ts';
import type { Checkpoint, TensorInfo } from '../checkpoint/types.ts';
import { applied } from './apply.ts';
import type { AddOnFile } from './file.ts';
import type { Parts } from './kinds.ts';
import type { Layer, Layers } from './layers.ts';
import { sizeOf, type Tensor } from './matrix.ts';
import { strengthOf, type Strength } from './module.ts';
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
  readonly unetKey: string;
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
      changes(lora, layer)
        ? { parts: partsOf(lora, this.#raw.get(lora)!, layer), strength: lora.strength }
        : null,
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

function partsOf({ file }: OpenedLora, raw: ReadonlyMap<string, RawTensor>, { name }: Layer): Parts {
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
