// Fits our kernels to the card by a model's networks, and finds out for each network whether they or onnxruntime's are faster.
import { Pipelines } from '../wgsl/device/pipelines.ts';
import type { Program } from '../wgsl/program.ts';
import { candidatesOf, limitsOf } from '../wgsl/tuning/candidates.ts';
import { KernelTimer } from '../wgsl/tuning/kernel-timer.ts';
import type { CardRecord, NetworkTimes } from '../wgsl/tuning/record.ts';
import { shapesOf } from '../wgsl/tuning/shapes.ts';
import { tune, type Tuned } from '../wgsl/tuning/tune.ts';
import { deviceMutex } from './device-mutex.ts';
import { InterruptedError, OutOfMemoryError } from './errors.ts';
import type { KernelChoice, Kernels, TunedKernels } from './kernel-choice.ts';
import { turn } from './turn.ts';

/** A network of the model, and a run of it at the size that counts. */
export interface TunedNetwork {
  /** As it is loaded. */
  readonly what: string;
  /** The same numbers with every run, but for rounding. */
  run(): Promise<Float32Array>;
}

export interface TuningSubject {
  readonly device: GPUDevice;
  /** The most important first. */
  readonly networks: readonly TunedNetwork[];
  /** From now on networks are computed so. */
  use(kernels: KernelChoice): Promise<void>;
  /** What hears of our kernels' programs; null: nobody. */
  watch(onProgram: ((what: string, program: Program) => void) | null): void;
}

export type TuningStage = 'loading' | 'kernels' | 'comparing';

export interface TuningReport {
  readonly stage: TuningStage;
  /** 0..1 of the stage. */
  readonly fraction: number;
  /** Seconds that the whole may still take at most. */
  readonly left: number;
}

/** Milliseconds for the kernels, and for all but loading the model. */
const KERNELS_BUDGET = 12_000;
const BUDGET = 20_000;

/**
 * How far our numbers may be from onnxruntime's, root mean square over that of theirs: rounding makes up to 0.004 of it in float16, a
 * kernel that the card's driver gets wrong far more.
 */
const TOLERANCE = 0.02;

const UNTUNED: TunedKernels = new Map();

/**
 * Once the time is up, what is not compared yet is left out. Rejects with InterruptedError soon after `stopped()`: nothing is found
 * then.
 */
export async function tuneModel(
  { device, networks, use, watch }: TuningSubject,
  stopped: () => boolean,
  onReport: (report: TuningReport) => void,
): Promise<Pick<CardRecord, 'shapes' | 'networks'>> {
  let end = Infinity;
  const left = () => Math.max(0, Math.min(BUDGET, end - performance.now())) / 1000;
  const tell = (stage: TuningStage, fraction: number) => onReport({ stage, fraction, left: left() });
  const check = async () => {
    await turn();
    if (stopped()) throw new InterruptedError();
  };

  const programs: Program[] = [];
  /** Those that our kernels compute. */
  const ours = new Set<string>();
  try {
    let running = '';
    watch((_, program) => {
      programs.push(program);
      ours.add(running);
    });
    await use({ setting: 'own', measured: {}, tuned: UNTUNED });
    for (const [i, { what, run }] of networks.entries()) {
      tell('loading', i / networks.length);
      await check();
      running = what;
      if ((await timed(run)) === null) ours.delete(what);
    }
  } finally {
    watch(null);
  }

  end = performance.now() + BUDGET;
  const dialect = { float16: device.features.has('shader-f16') ? 'native' : 'packed' } as const;
  const limits = limitsOf(device);
  const timer = new KernelTimer(new Pipelines(device), dialect);
  const shapes = await deviceMutex.run(async (): Promise<ReadonlyMap<string, Tuned>> => {
    const outcome = await tune(shapesOf(programs, dialect), {
      candidates: ({ step }) => candidatesOf(step, dialect, limits),
      open: ({ step }) => timer.open(step),
      prepare: ({ step }, kernel) => timer.prepare(step, kernel),
      budget: KERNELS_BUDGET,
      now: () => performance.now(),
      stopped,
      onProgress: ({ fraction }) => tell('kernels', fraction),
    });
    return outcome.shapes;
  });

  /** By network; of those that there was time for. */
  const measure = async (whose: Kernels, part: number): Promise<Map<string, Run | null>> => {
    await check();
    await use({ setting: whose, measured: {}, tuned: shapes });
    const runs = new Map<string, Run | null>();
    for (const [i, { what, run }] of networks.entries()) {
      tell('comparing', (part + i / networks.length) / 2);
      await check();
      // The first is compared whatever it takes: it is what most of a picture's time goes to.
      if (i > 0 && performance.now() > end) break;
      const computes = whose === 'onnxruntime' || ours.has(what);
      // The first run of a network loads and compiles it.
      runs.set(what, computes && (await timed(run)) !== null ? await timed(run) : null);
    }
    return runs;
  };
  const own = await measure('own', 0);
  const onnxruntime = await measure('onnxruntime', 1);
  const compared = [...onnxruntime].flatMap(([what, theirs]): [string, NetworkTimes][] => {
    const mine = own.get(what);
    if (mine === undefined) return [];
    const agree = mine === null || theirs === null || isNear(mine.result, theirs.result);
    return [[what, { own: mine?.ms ?? null, onnxruntime: theirs?.ms ?? null, agree }]];
  });
  return { shapes, networks: new Map(compared) };
}

interface Run {
  readonly ms: number;
  readonly result: Float32Array;
}

/** Null where the memory does not suffice. */
async function timed(run: TunedNetwork['run']): Promise<Run | null> {
  const start = performance.now();
  try {
    const result = await run();
    return { ms: performance.now() - start, result };
  } catch (error) {
    if (error instanceof OutOfMemoryError) return null;
    throw error;
  }
}

/** Whether numbers are as they are expected, but for rounding. Where the expected ones are no numbers, nothing is held against them. */
function isNear(found: Float32Array, expected: Float32Array): boolean {
  let [difference, size] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference += (found[i]! - value) ** 2;
    size += value ** 2;
  }
  return !Number.isFinite(size) || difference <= TOLERANCE ** 2 * size;
}
