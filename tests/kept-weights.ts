// A tiny model's weights as the library keeps them, in memory: float16. Tests and measurements only.
import { float16ToFloat32, toFloat16 } from '../src/checkpoint/convert.ts';
import type { Checkpoint } from '../src/checkpoint/types.ts';
import type { KeptWeights } from '../src/runtime/changed-weights.ts';

/** For our own kernels alone: onnxruntime would ask for files. */
export async function keptWeights({ tensors, read }: Checkpoint): Promise<KeptWeights> {
  const kept = new Map<string, Uint16Array<ArrayBuffer>>();
  for (const { name, dtype, elementCount } of tensors.values()) {
    if (dtype.startsWith('I')) continue;
    const halves = new Uint16Array(elementCount);
    toFloat16(await read(name), dtype, halves);
    kept.set(name, halves);
  }
  const none = (): never => {
    throw new Error('These weights are in no file.');
  };
  return {
    shapeOf: (name) => tensors.get(name)?.shape,
    readNow: (name) => kept.get(name)!.slice(),
    read({ name, shape, start }, precision) {
      const count = shape.reduce((product, size) => product * size, 1);
      const halves = kept.get(name)!.slice(start, start + count);
      const values = precision === 'float16' ? halves : float16ToFloat32(halves);
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    },
    place: none,
    files: none,
  };
}
