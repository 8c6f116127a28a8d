// Times one network by our own kernels on Dawn: fitted to the card first, as the app does it.
import type { HostTensor, Precision, WeightRef } from '../../src/graph/types.ts';
import type { Network } from '../../src/models/network.ts';
import { Pipelines } from '../../src/wgsl/device/pipelines.ts';
import { Recording } from '../../src/wgsl/device/recording.ts';
import { WeightBuffers } from '../../src/wgsl/device/weight-buffers.ts';
import type { ChooseKernel } from '../../src/wgsl/dispatches.ts';
import { compile, type Program } from '../../src/wgsl/program.ts';
import { candidatesOf, limitsOf } from '../../src/wgsl/tuning/candidates.ts';
import { chooseBy } from '../../src/wgsl/tuning/choice.ts';
import { KernelTimer } from '../../src/wgsl/tuning/kernel-timer.ts';
import { shapesOf } from '../../src/wgsl/tuning/shapes.ts';
import { tune, type TuningOutcome } from '../../src/wgsl/tuning/tune.ts';

/** Milliseconds that choosing kernels may take, and what part of a measurement's time. */
const MOST_TUNING = 20_000;
const TUNING_SHARE = 0.4;

export interface OwnNetwork {
  /** Milliseconds: weights, and the shaders of the defaults. */
  readonly load: number;
  run(): Promise<Float32Array>;
  /** What became of the choice of kernels, in words. */
  readonly note: string;
}

/** `seconds`: of the whole measurement. */
export async function openOwn(
  device: GPUDevice,
  network: Network<void>,
  output: string,
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
  seconds: number,
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

  const limits = limitsOf(device);
  const timer = new KernelTimer(pipelines, dialect);
  const outcome = await tune(shapesOf([program], dialect), {
    candidates: ({ step }) => candidatesOf(step, dialect, limits),
    open: ({ step }) => timer.open(step),
    prepare: ({ step }, kernel) => timer.prepare(step, kernel),
    budget: Math.min(MOST_TUNING, 1000 * TUNING_SHARE * seconds),
    now: () => performance.now(),
    stopped: () => false,
    onProgress: () => undefined,
  });
  const tuned = compiled(chooseBy(outcome.shapes, dialect, limits));
  const recording = await Recording.create(tuned, weights, pipelines);
  plain.release();
  return { load, run: async () => (await recording.run(feeds)).get(output)!, note: noteOf(outcome) };
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
