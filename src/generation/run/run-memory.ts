// What runs of networks take of the GPU's memory, by whichever kernels: onnxruntime's leave their buffers to each other, ours share theirs
// (wgsl/device/arenas.ts).
import { BufferPool } from '../../graph/buffer-pool.ts';
import type { Graph } from '../../graph/graph.ts';
import { planRun } from '../../graph/memory.ts';
import { product } from '../../graph/shapes.ts';
import type { HostTensor } from '../../graph/types.ts';
import type { Network } from '../../models/network.ts';
import { kernelsFor, type KernelChoice } from '../../runtime/kernel-choice.ts';
import { bytesOf, largestOf, type ArenaSizes } from '../../wgsl/device/arenas.ts';
import { compile } from '../../wgsl/program.ts';
import { memoryOf } from '../../wgsl/program-memory.ts';
import { chooseBy } from '../../wgsl/tuning/choice.ts';
import { UnsupportedError } from '../../wgsl/unsupported.ts';
import type { DeviceLimits } from './engine-device.ts';

/** Bytes. */
export interface Need {
  readonly weights: number;
  /** All buffers beside the weights, at the peak of a run on its own. */
  readonly peak: number;
  /** The largest of them: no buffer of the device may be smaller. */
  readonly largest: number;
}

export const NO_NEED: Need = { weights: 0, peak: 0, largest: 0 };

/** What networks are computed with, as far as their memory depends on it. */
export interface Computing extends Pick<DeviceLimits, 'shaderF16' | 'maxBinding' | 'ofKernels'> {
  readonly kernels: KernelChoice;
}

/** A run of a network. */
export interface Run {
  readonly weights: number;
  readonly largest: number;
  /** onnxruntime's: takes and gives back the pool's buffers. */
  simulate(pool: BufferPool): void;
  /** Of our kernels: what it shares with others, and what it keeps to itself. */
  readonly own: { readonly shared: ArenaSizes; readonly kept: number } | null;
}

/** Of the network that is loaded under the name `what`. `outputs`: those that are asked for. */
export function runOf<I>(
  what: string,
  { graph, feeds, outputs: [first] }: Network<I>,
  inputs: I,
  computing: Computing,
  outputs: readonly string[] = [first!],
): Run {
  return runOfGraph(what, graph, feeds(inputs), computing, outputs);
}

/** `feeds`: inputs of the sizes of the run; what is in them does not count. */
export function runOfGraph(
  what: string,
  graph: Graph,
  feeds: Readonly<Record<string, HostTensor>>,
  computing: Computing,
  outputs: readonly string[],
): Run {
  const own = computing.maxBinding > 0 && kernelsFor(computing.kernels, what) === 'own';
  return (own ? ownRun(graph, feeds, computing, outputs) : null) ?? ortRun(graph, feeds);
}

function ortRun(graph: Graph, feeds: Readonly<Record<string, HostTensor>>): Run {
  const elements = graph.weights.reduce((sum, { shape }) => sum + product(shape), 0);
  const weights = elements * (graph.precision === 'float16' ? 2 : 4);
  return { weights, ...planRun(graph, feeds), own: null };
}

/** Null where onnxruntime takes the network. */
function ownRun(
  graph: Graph,
  feeds: Readonly<Record<string, HostTensor>>,
  { shaderF16, maxBinding, ofKernels, kernels }: Computing,
  outputs: readonly string[],
): Run | null {
  const dialect = { float16: shaderF16 ? 'native' : 'packed' } as const;
  const choose = ofKernels ? chooseBy(kernels.tuned, dialect, ofKernels) : undefined;
  try {
    const program = compile(graph, feeds, outputs, { dialect, maxBufferSize: maxBinding, choose });
    const { weights, shared, own } = memoryOf(program);
    return {
      weights: [...weights.values()].reduce((sum, bytes) => sum + bytes, 0),
      largest: Math.max(...shared.arenas),
      simulate: () => undefined,
      own: { shared, kept: own },
    };
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}

/** Of networks that run one after the other, and are loaded together. */
export function needOf(...runs: readonly Run[]): Need {
  return { weights: runs.reduce((sum, { weights }) => sum + weights, 0), ...runAll(...runs) };
}

/** At the peak of runs one after the other, beside all weights. */
export function runAll(...runs: readonly Run[]): Pick<Need, 'peak' | 'largest'> {
  const pool = new BufferPool();
  for (const run of runs) run.simulate(pool);
  const own = runs.flatMap((run) => run.own ?? []);
  const kept = own.reduce((sum, { kept }) => sum + kept, 0);
  const shared = bytesOf(largestOf(own.map(({ shared }) => shared)));
  return {
    peak: pool.peak + kept + shared,
    largest: Math.max(0, ...runs.map(({ largest }) => largest)),
  };
}
