// How much of the GPU's memory a graph takes beside its weights, told from its nodes by going through a run of it.
import type { BufferPool } from './buffer-pool.ts';
import type { Graph, Value } from './graph.ts';
import { inferShapes, product } from './shapes.ts';
import type { HostTensor } from './types.ts';

const BYTES = { float32: 4, float16: 2, int32: 4, int64: 8 } as const;

/** Results that lie where their first input lies, or that onnxruntime never writes since it fuses them with the next node. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'Sigmoid', 'LeakyRelu']);
/** Written over an input that nothing needs any more. */
const IN_PLACE: ReadonlySet<string> = new Set(['Add', 'Mul', 'Sub', 'Div']);

/** A buffer's life in a run: the steps that make it and last use what is in it. */
interface Life {
  readonly bytes: number;
  readonly from: number;
  to: number;
}

/** A run of a graph, as far as buffers go. */
export interface RunPlan {
  /** Bytes of the largest single result. */
  readonly largest: number;
  /** Takes and gives back the pool's buffers as the run does. */
  simulate(pool: BufferPool): void;
}

export function planRun(graph: Graph, feeds: Readonly<Record<string, HostTensor>>): RunPlan {
  const lives = livesOf(graph, feeds);
  return {
    largest: lives.reduce((largest, { bytes }) => Math.max(largest, bytes), 0),
    simulate: (pool) => simulate(graph, lives, pool),
  };
}

function simulate(graph: Graph, lives: readonly Life[], pool: BufferPool): void {
  const ending = new Map<number, number[]>();
  let next = 0;
  // Lives are in the order of their beginnings.
  for (let step = 0; step <= graph.nodes.length + 1; step++) {
    for (let life = lives[next]; life?.from === step; life = lives[++next]) {
      ending.set(life.to, [...(ending.get(life.to) ?? []), pool.allocate(life.bytes)]);
    }
    for (let i = dispatchesOf(graph.nodes[step - 1]?.op); i > 0; i--) pool.dispatch();
    for (const size of ending.get(step) ?? []) pool.release(size);
  }
  pool.submit();
}

function dispatchesOf(op = 'Identity'): number {
  if (VIEWS.has(op)) return 0;
  // Measured: see memory.test.ts.
  return op === 'InstanceNormalization' ? 3 : op === 'Conv' ? 1 : 1;
}

/** Inputs come with step 0, outputs go after the last; node i is step i + 1. */
function livesOf(graph: Graph, feeds: Readonly<Record<string, HostTensor>>): Life[] {
  const shapes = inferShapes(graph, feeds);
  const bytesOf = (value: Value) => product(shapes.get(value)!) * BYTES[value.type];
  const lives: Life[] = [];
  const of = new Map<Value, Life>();
  const begin = (value: Value, from: number) => {
    const life = { bytes: bytesOf(value), from, to: from };
    lives.push(life);
    of.set(value, life);
  };

  const lastRead = new Map<Value, number>();
  for (const [index, { inputs }] of graph.nodes.entries())
    for (const input of inputs) if (input) lastRead.set(input, index + 1);
  for (const { value } of graph.outputs) lastRead.set(value, graph.nodes.length + 1);

  for (const { value } of graph.inputs) begin(value, 0);
  const gated = new Set<Value>();
  for (const [index, { op, inputs, output, unread }] of graph.nodes.entries()) {
    const step = index + 1;
    if (unread) begin(unread, step);
    const read = inputs.flatMap((input) => (input && of.get(input)) ?? []);
    const [first] = inputs;
    const viewed = VIEWS.has(op) && first ? of.get(first) : undefined;
    // x Sigmoid(x) is one node of onnxruntime's, with a result of its own.
    const fused = inputs.some((input) => input && gated.has(input));
    const dead = read.find((life) => life.to <= step && life.bytes === bytesOf(output));
    const place = viewed ?? (IN_PLACE.has(op) && !fused ? dead : undefined);
    if (place) of.set(output, place);
    else begin(output, step);
    if (op === 'Sigmoid') gated.add(output);
    for (const life of [...read, of.get(output)!]) life.to = Math.max(life.to, step);
    const result = of.get(output)!;
    result.to = Math.max(result.to, lastRead.get(output) ?? step);
  }
  return lives;
}
