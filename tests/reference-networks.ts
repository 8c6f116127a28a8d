// Single networks of the reference data (upscalers, networks for faces), and what they compute: files listed by an index.json. Tests only.
import { basename } from 'node:path';
import { toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { rootsToHalves } from '../src/checkpoint/roots.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import { detect } from '../src/models/detect.ts';
import { planWeights } from '../src/models/plan.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { Detection } from '../src/models/types.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { listReference, readReference, readReferenceJson } from './reference-dir.ts';

export interface NetworkCase {
  readonly name: string;
  readonly folder: readonly string[];
  readonly file: string;
  /** Names of inputs and of what comes out of them. */
  readonly pairs: (expected: Tensors) => readonly (readonly [input: string, output: string])[];
  /** Of expected numbers by name: every so many rows and columns are there. */
  readonly strides: Readonly<Record<string, number>>;
}

interface Listed {
  readonly models?: readonly { readonly name: string; readonly files: readonly string[] }[];
  /** Of a folder with one network. */
  readonly name?: string;
  readonly file?: string;
  readonly strides?: Readonly<Record<string, number>>;
}

/** Several networks with the same inputs ("x.a" -> "NAME.a"), or one ("x.a" -> "out.a"). */
function casesIn(folder: readonly string[]): NetworkCase[] {
  if (!listReference(...folder).includes('index.json')) return [];
  const { models, name, file, strides = {} } = readReferenceJson<Listed>(...folder, 'index.json');
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
  return [...own, ...listed].map((one) => ({ ...one, file: basename(one.file), strides }));
}

/** All files whose detection `wanted` takes, in `models/` and a folder below. */
export async function networkCases(wanted: (detection: Detection) => boolean): Promise<NetworkCase[]> {
  const folders = listReference('models').filter((name) => !name.includes('.'));
  const all = folders.flatMap((folder) => [
    ...casesIn(['models', folder]),
    ...listReference('models', folder)
      .filter((inner) => !inner.includes('.'))
      .flatMap((inner) => casesIn(['models', folder, inner])),
  ]);
  const found: NetworkCase[] = [];
  for (const one of all) {
    if (!listReference(...one.folder).includes(one.file)) continue;
    if (/\.(pth|safetensors)(\.gz)?$/.test(one.file) && wanted((await loadNetwork(one)).detection))
      found.push(one);
  }
  return found;
}

export interface TestedNetwork {
  readonly detection: Detection;
  readonly catalog: WeightCatalog;
  /** The bytes of a weight as a graph of that precision wants them. */
  readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array>;
}

/** What is kept of it counts as it is kept, else the file's own tensors: tests look at layers that are not run. */
export function loadNetwork(
  { folder, file }: Pick<NetworkCase, 'folder' | 'file'>,
  plan?: typeof planWeights,
): Promise<TestedNetwork> {
  return openNetwork(readReference(...folder, file), plan);
}

/** `file`: its bytes. */
export async function openNetwork(file: Uint8Array, plan = planWeights): Promise<TestedNetwork> {
  const checkpoint = await openCheckpoint(bytesSource(file));
  const shapes = tensorShapes(checkpoint);
  const detection = detect(shapes, checkpoint.metadata, null);
  const entries = new Map(plan(shapes, detection).map((entry) => [entry.name, entry]));
  const [first] = entries.values();
  const prefix = first ? first.sources[0]!.slice(0, -first.name.length) : '';
  return {
    detection,
    catalog: { shapeOf: (name) => entries.get(name)?.shape ?? shapes.get(prefix + name)?.shape },
    async readWeight({ name, shape, start }, precision) {
      const entry = entries.get(name);
      const source = entry?.sources[0] ?? prefix + name;
      const { dtype, elementCount } = checkpoint.tensors.get(source)!;
      const count = shape.reduce((product, size) => product * size, 1);
      if (entry?.form === 'roots') {
        const halves = new Uint16Array(2 * elementCount);
        rootsToHalves(await checkpoint.read(source), dtype, halves);
        const part = halves.slice(start, start + count);
        const bytes = new Uint8Array(part.buffer);
        return precision === 'float16' ? bytes : new Uint8Array(toFloat32(bytes, 'F16').buffer);
      }
      const values = toFloat32(await checkpoint.read(source, start, count), dtype).slice();
      if (precision === 'float32') return new Uint8Array(values.buffer);
      const halves = new Uint16Array(values.length);
      toFloat16(new Uint8Array(values.buffer), 'F32', halves);
      return new Uint8Array(halves.buffer);
    },
  };
}

export function expectedOf({ folder }: Pick<NetworkCase, 'folder'>): Promise<Tensors> {
  return readTensors(bytesSource(readReference(...folder, 'expected.safetensors')));
}
