// Tensors of a file as a network reads them on onnxruntime's CPU. Tests only.
import { float16ToFloat32, toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';

export interface BoxedNetwork {
  readonly catalog: WeightCatalog;
  readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array>;
}

/** In float32. `rounded`: to float16 on the way, as the library keeps weights. */
export async function openBoxedNetwork(file: Uint8Array, rounded: boolean): Promise<BoxedNetwork> {
  const checkpoint = await openCheckpoint(bytesSource(file));
  return {
    catalog: { shapeOf: (name) => checkpoint.tensors.get(name)?.shape },
    async readWeight({ name, shape, start }) {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = toFloat32(
        await checkpoint.read(name, start, count),
        checkpoint.tensors.get(name)!.dtype,
      ).slice();
      if (!rounded) return new Uint8Array(values.buffer);
      const halves = new Uint16Array(values.length);
      toFloat16(new Uint8Array(values.buffer), 'F32', halves);
      return new Uint8Array(float16ToFloat32(halves).buffer);
    },
  };
}
