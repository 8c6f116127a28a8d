// How much memory a graph's results take while it runs, told from its nodes.
import type { Graph, Value } from './graph.ts';
import { inferShapes, product } from './shapes.ts';
import type { HostTensor } from './types.ts';

const BYTES = { float32: 4, float16: 2, int32: 4, int64: 8 } as const;

/** Results that lie where their first input lies, or that onnxruntime never writes since it fuses them with the next node. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'Sigmoid']);

export interface ActivationBytes {
  /** The most that lives at once, when nodes run in order and results are freed after their last use. */
  readonly peak: number;
  /** The largest single result: no buffer of the device may be smaller. */
  readonly largest: number;
}

/** Without the weights. */
export function activationBytes(graph: Graph, feeds: Readonly<Record<string, HostTensor>>): ActivationBytes {
  const shapes = inferShapes(graph, feeds);
  const home = new Map<Value, Value>();
  const homeOf = (value: Value): Value => home.get(value) ?? value;
  const lastUse = new Map<Value, number>();
  for (const [index, node] of graph.nodes.entries()) {
    const first = node.inputs[0];
    if (VIEWS.has(node.op) && first) home.set(node.output, homeOf(first));
    for (const input of [...node.inputs, node.output]) if (input) lastUse.set(homeOf(input), index);
  }
  for (const { value } of graph.outputs) lastUse.set(homeOf(value), Infinity);

  const bytesOf = (value: Value) => product(shapes.get(value)!) * BYTES[value.type];
  const fed = new Set(graph.inputs.map(({ value }) => value));
  const freed = new Map<number, Value[]>();
  for (const [value, index] of lastUse) freed.set(index, [...(freed.get(index) ?? []), value]);

  let live = [...fed].reduce((sum, value) => sum + bytesOf(value), 0);
  const held = new Set<Value>(fed);
  let [peak, largest] = [live, 0];
  for (const [index, { output }] of graph.nodes.entries()) {
    const place = homeOf(output);
    if (!held.has(place) && place === output) {
      held.add(place);
      live += bytesOf(place);
      largest = Math.max(largest, bytesOf(place));
    }
    peak = Math.max(peak, live);
    for (const value of freed.get(index) ?? []) if (held.delete(value)) live -= bytesOf(value);
  }
  return { peak, largest };
}
