// Tiny autoencoders of the reference data: folders whose files are the two halves. Tests only.
import { toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Checkpoint } from '../src/checkpoint/types.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import { detect } from '../src/models/detect.ts';
import { planWeights } from '../src/models/plan.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { Detection } from '../src/models/types.ts';
import { listReference, readReference } from './reference-dir.ts';

export interface TinyVae {
  readonly detection: Detection;
  readonly catalog: WeightCatalog;
  /** The bytes of a weight as a graph of that precision wants them. */
  readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array>;
}

const HALF = /(encoder|decoder)\.safetensors(\.gz)?$/;

/** Folders with the two halves and what they compute. */
export const tinyVaeFolders: readonly string[] = listReference('models').filter((folder) => {
  const files = /\./.test(folder) ? [] : listReference('models', folder);
  return files.includes('expected.safetensors') && files.filter((file) => HALF.test(file)).length === 2;
});

/** `half` of the folder. `turned`: with the sign of its first weight turned. */
export async function loadTinyVae(
  folder: string,
  half: 'encoder' | 'decoder',
  turned = false,
): Promise<TinyVae> {
  const file = listReference('models', folder).find((name) => HALF.exec(name)?.[1] === half)!;
  const checkpoint = await openCheckpoint(bytesSource(readReference('models', folder, file)));
  const shapes = tensorShapes(checkpoint);
  const detection = detect(shapes, checkpoint.metadata, null);
  if (!detection.tinyVae) throw new Error(`${file} is ${detection.label}.`);
  const plan = planWeights(shapes, detection);
  const first = plan.find(({ name }) => name.endsWith('.weight'))!.name;
  const entries = new Map(plan.map((entry) => [entry.name, entry]));
  return {
    detection,
    catalog: { shapeOf: (name) => entries.get(name)?.shape },
    async readWeight(ref, precision) {
      const values = await read(checkpoint, entries.get(ref.name)!.sources[0]!, ref);
      if (turned && ref.name === first) values.forEach((value, i) => (values[i] = -value));
      if (precision === 'float32') return new Uint8Array(values.buffer);
      const halves = new Uint16Array(values.length);
      toFloat16(new Uint8Array(values.buffer), 'F32', halves);
      return new Uint8Array(halves.buffer);
    },
  };
}

async function read(checkpoint: Checkpoint, source: string, { shape, start }: WeightRef) {
  const count = shape.reduce((product, size) => product * size, 1);
  return toFloat32(await checkpoint.read(source, start, count), checkpoint.tensors.get(source)!.dtype);
}
