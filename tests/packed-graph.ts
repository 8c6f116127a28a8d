// A graph with its weights as onnxruntime takes them in Node: the model's bytes, and files of weights beside it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Graph } from '../src/graph/graph.ts';
import type { Precision, WeightPlace, WeightRef } from '../src/graph/types.ts';
import { serializeModel } from '../src/onnx/serialize.ts';

export interface PackedGraph {
  readonly model: Uint8Array;
  readonly externalData: { readonly path: string; readonly data: Uint8Array }[];
}

/** onnxruntime's offsets into a file do not reach further than 4 GiB; larger files were seen to fail long before. */
const FILE_SIZE = 1 << 30;

/** Gives the bytes of a weight, one after the other, in the graph's precision. */
type Read = (ref: WeightRef, precision: Precision) => Promise<Uint8Array>;

/** Everything in memory. */
export async function packGraph(graph: Graph, read: Read): Promise<PackedGraph> {
  const externalData: { path: string; data: Uint8Array }[] = [];
  const model = await pack(graph, read, (path, data) => externalData.push({ path, data }));
  return { model, externalData };
}

/**
 * Everything as files in a folder, which onnxruntime maps: it makes copies of what it is given in memory.
 * @returns the model's path
 */
export async function writeGraph(graph: Graph, read: Read, folder: string): Promise<string> {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, await pack(graph, read, (name, data) => writeFileSync(join(folder, name), data)));
  return path;
}

async function pack(
  graph: Graph,
  read: Read,
  keep: (path: string, data: Uint8Array) => void,
): Promise<Uint8Array> {
  const places = new Map<WeightRef, WeightPlace>();
  let files = 0;
  let parts: Uint8Array[] = [];
  let size = 0;
  const location = () => `weights-${files}.bin`;
  const finish = () => {
    if (parts.length === 0) return;
    keep(location(), new Uint8Array(Buffer.concat(parts)));
    files++;
    [parts, size] = [[], 0];
  };
  for (const ref of graph.weights) {
    const bytes = await read(ref, graph.precision);
    if (size + bytes.length > FILE_SIZE) finish();
    places.set(ref, { location: location(), offset: size });
    parts.push(bytes);
    size += bytes.length;
  }
  finish();
  return serializeModel(graph, (ref) => places.get(ref)!);
}
