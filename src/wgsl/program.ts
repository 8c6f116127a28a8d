// A graph for inputs of one size, all the way to what a GPU is told: which shaders run in which order, on which memory. Made
// without a device, so that all of it can be looked at and tested anywhere.
import type { Graph } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import { dispatchesOf, type ChooseKernel } from './dispatches.ts';
import { fuse } from './fuse.ts';
import type { Dialect, Dispatch } from './kernels/shader.ts';
import { lower } from './lower.ts';
import { planMemory, type MemoryPlan } from './memory.ts';
import type { Operation } from './operations.ts';
import { PATTERNS } from './patterns.ts';
import { readOperations } from './read-operations.ts';
import { rewrite } from './rewriting.ts';
import type { Step } from './steps.ts';
import type { Storage, Tensor } from './tensor.ts';
import { UnsupportedError } from './unsupported.ts';

export interface Program {
  /** Tensors by the names of the graph's inputs (those that are not shapes), as the host writes them: without padding. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly dispatches: readonly Dispatch[];
  readonly memory: MemoryPlan;
  /** Storages of weights, each once. */
  readonly weights: readonly Storage[];
  readonly constants: readonly Storage[];
  /** How it came about. */
  readonly stages: {
    readonly read: readonly Operation[];
    readonly rewritten: readonly Operation[];
    readonly patterns: Readonly<Record<string, number>>;
    readonly steps: readonly Step[];
  };
}

export interface CompileOptions {
  readonly dialect: Dialect;
  /** Bytes of the largest buffer that the device has. */
  readonly maxBufferSize: number;
  /** Kernels that are faster than the defaults on the card at hand (tuning/). */
  readonly choose?: ChooseKernel | undefined;
}

/**
 * The program that computes `outputs` of the graph for inputs of the sizes of `feeds` (whose shapes count, and what is in
 * those of int64). Throws UnsupportedError where our kernels do not compute an operator.
 */
export function compile(
  graph: Graph,
  feeds: Readonly<Record<string, HostTensor>>,
  outputs: readonly string[],
  { dialect, maxBufferSize, choose }: CompileOptions,
): Program {
  const read = readOperations(graph, feeds, outputs);
  const wanted = outputs.map((name) => graph.outputs.find((port) => port.name === name)!);
  const rewritten = rewrite(
    read,
    wanted.map(({ value }) => value),
    PATTERNS,
  );
  const fed = graph.inputs.map(({ name, value }) => ({ name, value, tensor: feeds[name]! }));
  const lowered = lower(rewritten, fed, wanted);
  const steps = fuse(lowered);
  const dispatches = steps.flatMap((step) => dispatchesOf(step, dialect, choose));
  checkSizes(dispatches, maxBufferSize);
  const used = new Set(dispatches.flatMap(({ bindings }) => bindings.map(({ storage }) => storage)));
  return {
    inputs: new Map([...lowered.inputs].filter(([, { storage }]) => used.has(storage))),
    outputs: lowered.outputs,
    dispatches,
    memory: planMemory(dispatches, maxBufferSize),
    weights: [...used].filter(({ role }) => role.kind === 'weight'),
    constants: [...used].filter(({ role }) => role.kind === 'constant'),
    stages: { read: read.list, rewritten: rewritten.list, patterns: rewritten.found, steps },
  };
}

function checkSizes(dispatches: readonly Dispatch[], limit: number): void {
  for (const { bindings, label } of dispatches) {
    const largest = Math.max(...bindings.map(({ storage }) => storage.bytes));
    if (largest > limit)
      throw new UnsupportedError(
        `${label} needs a buffer of ${largest} bytes; the device's end at ${limit}.`,
      );
  }
}
