// A checkpoint as the library would keep it, opened in Node: what it is, what it has of its own, and its weights as graphs
// want them. Tests only.
import { toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Checkpoint } from '../src/checkpoint/types.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import { readBuffers, type FileBuffers } from '../src/models/buffers.ts';
import { detect } from '../src/models/detect.ts';
import { planWeights } from '../src/models/plan.ts';
import { parseSidecar } from '../src/models/sidecar.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { Detection } from '../src/models/types.ts';

export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** With the remarks on its buffers. */
  readonly detection: Detection;
  readonly buffers: FileBuffers;
  readonly catalog: WeightCatalog;
  readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array>;
}

/** `yaml`: its sidecar. Weights of networks that cannot be used are not planned, and reading them throws. */
export async function openWhole(bytes: Uint8Array, yaml?: Uint8Array): Promise<OpenedCheckpoint> {
  const checkpoint = await openCheckpoint(bytesSource(bytes));
  const shapes = tensorShapes(checkpoint);
  const recognised = detect(shapes, checkpoint.metadata, yaml ? parseSidecar(yaml) : null);
  const { buffers, notes } = await readBuffers(checkpoint, recognised);
  const plan = new Map(
    (recognised.supported ? planWeights(shapes, recognised) : []).map((entry) => [entry.name, entry]),
  );
  return {
    checkpoint,
    detection: { ...recognised, notes: [...recognised.notes, ...notes] },
    buffers,
    catalog: { shapeOf: (name) => plan.get(name)?.shape },
    async readWeight(ref, precision) {
      const entry = plan.get(ref.name);
      if (!entry) throw new Error(`The checkpoint has no tensor ${ref.name}.`);
      const parts = await Promise.all(
        entry.sources.map(async (source) => {
          const { dtype } = checkpoint.tensors.get(source)!;
          return toFloat32(await checkpoint.read(source), dtype);
        }),
      );
      let values = Float32Array.from(parts.flatMap((part) => [...part]));
      if (entry.transpose) {
        const [rows, columns] = entry.shape as readonly [number, number];
        const from = values;
        values = from.map((_, i) => from[(i % columns) * rows + Math.floor(i / columns)]!);
      }
      const count = ref.shape.reduce((product, size) => product * size, 1);
      const wanted = values.slice(ref.start, ref.start + count);
      if (precision === 'float32') return bytesOf(wanted);
      const halves = new Uint16Array(count);
      toFloat16(bytesOf(wanted), 'F32', halves);
      return bytesOf(halves);
    },
  };
}

function bytesOf(array: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
