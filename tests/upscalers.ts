// Upscalers of the reference data, and what they compute: files listed by an index.json. Tests only.
import { basename } from 'node:path';
import { toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import { detect } from '../src/models/detect.ts';
import { planWeights } from '../src/models/plan.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { Detection } from '../src/models/types.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { listReference, readReference, readReferenceJson } from './reference-dir.ts';

export interface UpscalerCase {
  readonly name: string;
  readonly folder: readonly string[];
  readonly file: string;
  /** Names of inputs and of what comes out of them. */
  readonly pairs: (expected: Tensors) => readonly (readonly [input: string, output: string])[];
}

interface Listed {
  readonly models?: readonly { readonly name: string; readonly files: readonly string[] }[];
  /** Of a folder with one network. */
  readonly name?: string;
  readonly file?: string;
}

/** Several networks with the same inputs ("x.a" -> "NAME.a"), or one ("x.a" -> "out.a"). */
function casesIn(folder: readonly string[]): UpscalerCase[] {
  if (!listReference(...folder).includes('index.json')) return [];
  const { models, name, file } = readReferenceJson<Listed>(...folder, 'index.json');
  const pairs = (output: string) => (expected: Tensors) =>
    [...expected.keys()].flatMap((key) => {
      const [, input] = /^x\.(.+)$/.exec(key) ?? [];
      return input !== undefined && expected.has(`${output}.${input}`)
        ? [[key, `${output}.${input}`] as const]
        : [];
    });
  const own = name !== undefined && file !== undefined ? [{ name, file, folder, pairs: pairs('out') }] : [];
  const listed = (models ?? []).flatMap(({ name, files }) =>
    files.map((file) => ({ name, file, folder, pairs: pairs(name) })),
  );
  return [...own, ...listed].map((one) => ({ ...one, file: basename(one.file) }));
}

/** All files that are upscalers, in `models/` and a folder below. */
export async function upscalerCases(): Promise<UpscalerCase[]> {
  const folders = listReference('models').filter((name) => !name.includes('.'));
  const all = folders.flatMap((folder) => [
    ...casesIn(['models', folder]),
    ...listReference('models', folder)
      .filter((inner) => !inner.includes('.'))
      .flatMap((inner) => casesIn(['models', folder, inner])),
  ]);
  const found: UpscalerCase[] = [];
  for (const one of all) {
    if (!listReference(...one.folder).includes(one.file)) continue;
    if (
      /\.(pth|safetensors)(\.gz)?$/.test(one.file) &&
      (await loadUpscaler(one)).detection.kind === 'upscaler'
    )
      found.push(one);
  }
  return found;
}

export interface TestedUpscaler {
  readonly detection: Detection;
  readonly catalog: WeightCatalog;
  /** The bytes of a weight as a graph of that precision wants them. */
  readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array>;
}

export async function loadUpscaler({
  folder,
  file,
}: Pick<UpscalerCase, 'folder' | 'file'>): Promise<TestedUpscaler> {
  const checkpoint = await openCheckpoint(bytesSource(readReference(...folder, file)));
  const shapes = tensorShapes(checkpoint);
  const detection = detect(shapes, checkpoint.metadata, null);
  const entries = new Map(planWeights(shapes, detection).map((entry) => [entry.name, entry]));
  return {
    detection,
    catalog: { shapeOf: (name) => entries.get(name)?.shape },
    async readWeight({ name, shape, start }, precision) {
      const source = entries.get(name)!.sources[0]!;
      const count = shape.reduce((product, size) => product * size, 1);
      const stored = await checkpoint.read(source, start, count);
      const values = toFloat32(stored, checkpoint.tensors.get(source)!.dtype).slice();
      if (precision === 'float32') return new Uint8Array(values.buffer);
      const halves = new Uint16Array(values.length);
      toFloat16(new Uint8Array(values.buffer), 'F32', halves);
      return new Uint8Array(halves.buffer);
    },
  };
}

export function expectedOf({ folder }: UpscalerCase): Promise<Tensors> {
  return readTensors(bytesSource(readReference(...folder, 'expected.safetensors')));
}
