// A checkpoint on disk as graphs in Node want it: which networks it has, and its weights read one by one.
import { open } from 'node:fs/promises';
import { float16ToFloat32, toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import type { ByteSource } from '../src/checkpoint/types.ts';
import { product } from '../src/graph/shapes.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import { detect } from '../src/models/detect.ts';
import { planWeights } from '../src/models/plan.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { Detection } from '../src/models/types.ts';

export interface CheckpointWeights {
  readonly detection: Detection;
  readonly catalog: WeightCatalog;
  /** How many tensors the networks read. */
  readonly count: number;
  /** The bytes of a weight. `rounded`: through float16, as the library keeps it. */
  read(ref: WeightRef, precision: Precision, rounded: boolean): Promise<Uint8Array>;
}

/** Of files in the original layout: a weight must be one tensor of the file as it is. Rejects with CheckpointError. */
export async function openWeights(path: string): Promise<CheckpointWeights> {
  const checkpoint = await openCheckpoint(await fileSource(path));
  const shapes = tensorShapes(checkpoint);
  const detection = detect(shapes, checkpoint.metadata, null);
  const plan = new Map(planWeights(shapes, detection).map((entry) => [entry.name, entry]));
  return {
    detection,
    catalog: { shapeOf: (name) => plan.get(name)?.shape },
    count: plan.size,
    async read(ref, precision, rounded) {
      const { sources, transpose } = plan.get(ref.name)!;
      const [source, ...others] = sources;
      if (source === undefined || others.length > 0 || transpose) {
        throw new Error(`${ref.name} is not one tensor of the file.`);
      }
      const bytes = await checkpoint.read(source, ref.start, product(ref.shape));
      const { dtype } = checkpoint.tensors.get(source)!;
      if (precision === 'float32' && !rounded) return bytesOf(toFloat32(bytes, dtype));
      const halves = new Uint16Array(product(ref.shape));
      toFloat16(bytes, dtype, halves);
      if (precision === 'float16') return bytesOf(halves);
      const floats = new Float32Array(halves.length);
      float16ToFloat32(halves, floats);
      return bytesOf(floats);
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function fileSource(path: string): Promise<ByteSource> {
  const file = await open(path, 'r');
  return {
    size: (await file.stat()).size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      if (bytesRead !== length) throw new RangeError('The file ends early.');
      return bytes;
    },
  };
}
