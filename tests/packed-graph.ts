// A graph with its weights as onnxruntime takes them in Node: the model's bytes, and files of weights beside it.
import type { Graph } from '../src/graph/graph.ts';
import type { Precision, WeightPlace, WeightRef } from '../src/graph/types.ts';
import { serializeModel } from '../src/onnx/serialize.ts';

export interface PackedGraph {
  readonly model: Uint8Array;
  readonly externalData: { readonly path: string; readonly data: Uint8Array }[];
}

/** onnxruntime's offsets into a file do not reach further than 4 GiB; larger files were seen to fail long before. */
const FILE_SIZE = 1 << 30;

/** `read` gives the bytes of a weight, one after the other, in the graph's precision. */
export async function packGraph(
  graph: Graph,
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
): Promise<PackedGraph> {
  const places = new Map<WeightRef, WeightPlace>();
  const externalData: { path: string; data: Uint8Array }[] = [];
  let parts: Uint8Array[] = [];
  let size = 0;
  const location = () => `weights-${externalData.length}.bin`;
  const finish = () => {
    if (parts.length > 0) externalData.push({ path: location(), data: new Uint8Array(Buffer.concat(parts)) });
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
  return { model: serializeModel(graph, (ref) => places.get(ref)!), externalData };
}
