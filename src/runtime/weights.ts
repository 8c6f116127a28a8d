// Stored float16 weights, handed to onnxruntime piece by piece.
//
// onnxruntime-web copies external data with `file.subarray(start, end)` for each initializer. Given a real Uint8Array it
// would need gigabytes of JavaScript memory first; so it gets an empty array whose `byteLength` and `subarray` are
// overridden: each call reads that range of the stored Blob synchronously (FileReaderSync: workers only) into a scratch
// buffer, widened to float32 on the way where the graph wants that. This rests on onnxruntime-web 1.30's internals:
// its version is pinned, and the browser tests load every model this way.
import { float16ToFloat32 } from '../checkpoint/convert.ts';
import type { Precision, WeightCatalog, WeightPlace, WeightRef } from '../graph/types.ts';
import type { StoredModel, StoredTensor } from '../library/types.ts';
import { discard } from './discard.ts';

/** `externalData` entry of onnxruntime's session options. */
export interface ExternalFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/** The weights of one stored model: their shapes, where they lie, and how to read them. */
export class StoredWeights implements WeightCatalog {
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  /** `chunks`: Blobs in the order of the record's `chunks`. */
  constructor(
    model: Pick<StoredModel, 'tensors'>,
    private readonly chunks: readonly Blob[],
  ) {
    this.#tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  }

  shapeOf(name: string): readonly number[] | undefined {
    return this.#tensors.get(name)?.shape;
  }

  /** A whole tensor, at once (workers only). */
  readNow(name: string): Uint16Array {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new Error(`The model lacks the tensor "${name}".`);
    const { chunk, offset, byteLength } = tensor;
    const bytes = new FileReaderSync().readAsArrayBuffer(
      this.chunks[chunk]!.slice(offset, offset + byteLength),
    );
    return new Uint16Array(bytes);
  }

  /** The external file and byte offset of a weight, as onnxruntime sees it in the given precision. */
  place(ref: WeightRef, precision: Precision): WeightPlace {
    const tensor = this.#tensors.get(ref.name);
    if (!tensor) throw new Error(`The model lacks the tensor "${ref.name}".`);
    return {
      location: `chunk-${tensor.chunk}`,
      offset: (tensor.offset + ref.start * 2) * widening(precision),
    };
  }

  /** The bytes of one weight. Workers only. */
  read(ref: WeightRef, precision: Precision): Uint8Array {
    const tensor = this.#tensors.get(ref.name);
    if (!tensor) throw new Error(`The model lacks the tensor "${ref.name}".`);
    const start = tensor.offset + ref.start * 2;
    const elements = ref.shape.reduce((product, size) => product * size, 1);
    const chunk = this.chunks[tensor.chunk]!.slice(start, start + 2 * elements);
    const halves = new Uint16Array(new FileReaderSync().readAsArrayBuffer(chunk));
    if (precision === 'float16') return new Uint8Array(halves.buffer);
    const floats = new Float32Array(elements);
    float16ToFloat32(halves, floats);
    return new Uint8Array(floats.buffer);
  }

  /** The external files that `refs` lie in. `onRead` is told the stored bytes of every read. */
  files(refs: readonly WeightRef[], precision: Precision, onRead: (bytes: number) => void): ExternalFile[] {
    const used = new Set<number>();
    for (const ref of refs) {
      const tensor = this.#tensors.get(ref.name);
      if (tensor) used.add(tensor.chunk);
    }
    // One for all files: onnxruntime copies what it is given before it asks for more.
    const scratch: Scratch = { floats: new Float32Array(0), read: null };
    return [...used].map((chunk) => ({
      path: `chunk-${chunk}`,
      data: lazyFile(this.chunks[chunk]!, precision, scratch, onRead),
    }));
  }
}

function widening(precision: Precision): number {
  return precision === 'float32' ? 2 : 1;
}

interface Scratch {
  floats: Float32Array<ArrayBuffer>;
  /** What the last read gave. */
  read: ArrayBuffer | null;
}

function lazyFile(
  chunk: Blob,
  precision: Precision,
  scratch: Scratch,
  onRead: (bytes: number) => void,
): Uint8Array {
  const reader = new FileReaderSync();
  const factor = widening(precision);
  const read = (start: number, end: number): Uint8Array => {
    if (scratch.read) discard(scratch.read);
    const stored = reader.readAsArrayBuffer(chunk.slice(start / factor, end / factor));
    scratch.read = stored;
    onRead(stored.byteLength);
    if (precision === 'float16') return new Uint8Array(stored);
    const halves = new Uint16Array(stored);
    if (scratch.floats.length < halves.length) scratch.floats = new Float32Array(halves.length);
    float16ToFloat32(halves, scratch.floats);
    return new Uint8Array(scratch.floats.buffer, 0, halves.length * 4);
  };
  return Object.defineProperties(new Uint8Array(0), {
    byteLength: { value: chunk.size * factor },
    length: { value: chunk.size * factor },
    subarray: { value: read },
  });
}
