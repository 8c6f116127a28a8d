// Times one network by our own kernels on Dawn: fitted to the card first, as the app does it.
import type { HostTensor, Precision, WeightRef } from '../../src/graph/types.ts';
import type { Dawn } from '../../tests/ort-dawn.ts';
import type { Network } from '../../src/models/network.ts';
import { Pipelines } from '../../src/wgsl/device/pipelines.ts';
import { Recording } from '../../src/wgsl/device/recording.ts';
import { WeightBuffers } from '../../src/wgsl/device/weight-buffers.ts';
import { isTunable, type ChooseKernel, type Kernel } from '../../src/wgsl/dispatches.ts';
import { compile, type Program } from '../../src/wgsl/program.ts';
import { candidatesOf, kernelName, limitsOf } from '../../src/wgsl/tuning/candidates.ts';
import { chooseBy } from '../../src/wgsl/tuning/choice.ts';
import { KernelTimer, type Timing } from '../../src/wgsl/tuning/kernel-timer.ts';
import { shapeKey, shapesOf } from '../../src/wgsl/tuning/shapes.ts';
import { tune, type TuningOutcome } from '../../src/wgsl/tuning/tune.ts';
import { summedByKernel, type KernelTime } from '../kernel-times.ts';
import type { MeasureOptions, TriedShape } from './types.ts';

/** What part of a measurement's time choosing kernels may take. */
const TUNING_SHARE = 0.6;

export interface OwnNetwork {
  /** Milliseconds: weights, and the shaders of the defaults. */
  readonly load: number;
  run(): Promise<Float32Array>;
  /** What became of the choice of kernels, in words. */
  readonly note: string;
  readonly tried: readonly TriedShape[];
  /** Which kernels the time of a run goes to. */
  profile(): Promise<KernelTime[]>;
}

/** `seconds`: of the whole measurement; `tuning`: of these, for choosing kernels. */
export async function openOwn(
  { device, info }: Pick<Dawn, 'device' | 'info'>,
  network: Network<void>,
  output: string,
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
  { seconds, tuning }: Pick<MeasureOptions, 'seconds' | 'tuning'>,
): Promise<OwnNetwork> {
  const dialect = { float16: device.features.has('shader-f16') ? 'native' : 'packed' } as const;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const feeds: Readonly<Record<string, HostTensor>> = network.feeds();
  const pipelines = new Pipelines(device);
  const weights = new WeightBuffers(pipelines, read, dialect);
  const compiled = (choose?: ChooseKernel): Program =>
    compile(network.graph, feeds, [output], {
      dialect,
      maxBufferSize: Math.min(maxBufferSize, maxStorageBufferBindingSize),
      choose,
    });

  const start = performance.now();
  const program = compiled();
  const plain = await Recording.create(program, weights, pipelines);
  await device.queue.onSubmittedWorkDone();
  const load = performance.now() - start;

  // Dawn tells of matrix units where the adapter is asked, and not the device.
  const { limits: own, features } = device;
  const limits = limitsOf({ limits: own, features, adapterInfo: info });
  const timer = new KernelTimer(pipelines, dialect);
  const shapes = shapesOf([program], dialect);
  const times = new Map<string, Record<string, number>>();
  const outcome = await tune(shapes, {
    candidates: ({ step }) => candidatesOf(step, dialect, limits),
    open: async ({ step, key }) => {
      const trial = await timer.open(step);
      const found: Record<string, number> = {};
      times.set(key, found);
      return trial && { ...trial, time: (...asked) => noted(found, trial.time(...asked), asked[0]) };
    },
    prepare: ({ step }, kernel) => timer.prepare(step, kernel),
    budget: 1000 * Math.min(tuning, TUNING_SHARE * seconds),
    now: () => performance.now(),
    stopped: () => false,
    onProgress: () => undefined,
  });
  const tuned = compiled(chooseBy(outcome.shapes, dialect, limits));
  const recording = await Recording.create(tuned, weights, pipelines);
  plain.release();
  const layers = (key: string) =>
    program.stages.steps.filter((step) => isTunable(step) && shapeKey(step, dialect).key === key).length;
  return {
    load,
    run: async () => (await recording.run(feeds)).get(output)!,
    note: noteOf(outcome),
    tried: shapes.flatMap(({ key, flops }) => {
      const found = times.get(key);
      return found ? [{ shape: key, flops, layers: layers(key), times: found }] : [];
    }),
    profile: async () => kernelsOf(tuned, await recording.dispatchTimes()),
  };
}

async function noted(
  found: Record<string, number>,
  timing: Promise<Timing>,
  kernel: Kernel,
): Promise<Timing> {
  const result = await timing;
  if (result.outcome === 'timed') found[kernelName(kernel)] = result.ms;
  return result;
}

/** By what a dispatch is called before the layer's name. */
function kernelsOf({ dispatches }: Program, times: readonly number[]): KernelTime[] {
  return summedByKernel(
    dispatches.map(({ label }, i) => ({ kernel: label.split(':', 1)[0]!, milliseconds: times[i]! })),
  );
}

function noteOf({ shapes, refused, complete }: TuningOutcome): string {
  const all = [...shapes.values()];
  const changed = all.filter(({ ms, defaultMs }) => ms < defaultMs);
  const sum = (times: readonly number[]) => times.reduce((total, ms) => total + ms, 0);
  const gain = sum(all.map(({ defaultMs }) => defaultMs)) / sum(all.map(({ ms }) => ms));
  const matrices = all.filter(({ kernel }) => kernel.includes(' by ')).length;
  return [
    `${changed.length} of ${all.length} shapes with another kernel than the default`,
    ...(all.length > 0 ? [`${gain.toFixed(2)}x faster alone`] : []),
    ...(matrices > 0 ? [`${matrices} by matrix units`] : []),
    ...(refused.length > 0
      ? [`${refused.length} kernels refused, the first since ${refused[0]!.why.slice(0, 80)}`]
      : []),
    ...(complete ? [] : ['cut short by the time']),
  ].join(', ');
}
