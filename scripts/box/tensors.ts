// Tensors in memory as a checkpoint, to be written to a file.
import {
  BYTES_PER_ELEMENT,
  type Checkpoint,
  type DType,
  type TensorInfo,
} from '../../src/checkpoint/types.ts';
import { safetensorsFile } from '../../src/checkpoint/safetensors-file.ts';

export interface NamedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Widest types first, so that every tensor is aligned to its elements. `about`: what stands in the metadata. */
export async function fileOf(
  tensors: readonly NamedTensor[],
  about: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const width = ({ dtype }: NamedTensor): number => BYTES_PER_ELEMENT[dtype];
  const sorted = tensors.toSorted((a, b) => width(b) - width(a));
  const infos = sorted.map((tensor, position): [string, TensorInfo] => {
    const { name, dtype, shape, bytes } = tensor;
    const elementCount = shape.reduce((product, size) => product * size, 1);
    if (bytes.length !== elementCount * width(tensor))
      throw new Error(`${name} has ${bytes.length} bytes, which are not ${dtype} [${shape.join(', ')}].`);
    return [name, { name, dtype, shape, elementCount, position }];
  });
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const checkpoint: Checkpoint = {
    format: 'safetensors',
    tensors: new Map(infos),
    unreadable: new Map(),
    metadata: new Map(Object.entries(about)),
    async read(name, start = 0, count) {
      const tensor = byName.get(name)!;
      const end = count === undefined ? undefined : (start + count) * width(tensor);
      return tensor.bytes.subarray(start * width(tensor), end);
    },
  };
  const file = safetensorsFile(checkpoint);
  return file.read(0, file.size);
}
