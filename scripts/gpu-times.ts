// Times the networks of a checkpoint through onnxruntime's WebGPU provider on Dawn, on one device; bench-gpu runs it once
// for each way to open that device, since a process has one.
import { writeFileSync } from 'node:fs';
import type * as Ort from 'onnxruntime-web/webgpu';
import { loggedBy, openDawn, ortTensor } from '../tests/ort-dawn.ts';
import type { Precision } from '../src/graph/types.ts';
import { packGraph } from '../tests/packed-graph.ts';
import { openWeights } from './checkpoint-weights.ts';
import { casesOf, type Case, type NetworkName } from './full-size-cases.ts';
import { kernelTimes, type KernelTime } from './kernel-times.ts';

export interface GpuTimesOptions {
  readonly file: string;
  readonly size: readonly [width: number, height: number];
  /** Of the UNet: 2 is one picture with guidance. */
  readonly batch: number;
  /** After one that compiles shaders. */
  readonly runs: number;
  readonly subgroups: boolean;
  /** What shaders add up in: float32 is what the app does. */
  readonly sums: Precision;
  /** Where the result is written. */
  readonly out: string;
}

/** Milliseconds. */
export interface NetworkTimes {
  readonly load: number;
  /** Each run whole, from inputs in JavaScript to results there; the first compiles shaders. */
  readonly runs: readonly number[];
  /** Of each run, until all its work was handed to the GPU. */
  readonly submit: readonly number[];
  /** Of the GPU's time in one run; empty where the device cannot tell. */
  readonly kernels: readonly KernelTime[];
}

export interface GpuTimes {
  readonly adapter: string;
  readonly model: string;
  readonly networks: Readonly<Partial<Record<NetworkName, NetworkTimes>>>;
  /** The UNet's prediction, to be compared between devices. */
  readonly prediction: readonly number[];
}

/** What the app computes in float16; the text encoder it computes in float32. */
const MEASURED: readonly NetworkName[] = ['text', 'unet', 'vae-decoder'];

const options = JSON.parse(process.argv.at(-1) ?? '') as GpuTimesOptions;
const features: GPUFeatureName[] = ['timestamp-query', ...(options.subgroups ? ['subgroups' as const] : [])];
const dawn = await openDawn({ features, sums: options.sums });
const { ort, device } = dawn;
if (options.subgroups && !device.features.has('subgroups')) {
  console.log('The device has no subgroups.');
  process.exit(1);
}
const weights = await openWeights(options.file);

const networks: Partial<Record<NetworkName, NetworkTimes>> = {};
let prediction: number[] = [];
for (const item of casesOf(weights, [options.size], options.batch)) {
  if (!MEASURED.includes(item.network)) continue;
  const { times, result } = await measure(item);
  networks[item.network] = times;
  if (item.network === 'unet') prediction = [...result];
}
const found: GpuTimes = { adapter: dawn.adapter, model: weights.detection.label, networks, prediction };
writeFileSync(options.out, JSON.stringify(found));
// Dawn keeps the process alive.
process.exit(0);

async function measure({
  network: name,
  output,
  build,
}: Case): Promise<{ times: NetworkTimes; result: Float32Array }> {
  const network = build(name === 'text' ? 'float32' : 'float16');
  const { model, externalData } = await packGraph(network.graph, (ref, precision) =>
    weights.read(ref, precision, true),
  );
  const common: Ort.InferenceSession.SessionOptions = {
    executionProviders: [{ name: 'webgpu', device }],
    externalData,
    logSeverityLevel: 3,
  };
  const feeds = () =>
    Object.fromEntries(Object.entries(network.feeds()).map(([key, tensor]) => [key, ortTensor(ort, tensor)]));

  let start = performance.now();
  const session = await ort.InferenceSession.create(model, {
    ...common,
    preferredOutputLocation: 'gpu-buffer',
  });
  const load = performance.now() - start;
  const runs: number[] = [];
  const submit: number[] = [];
  let result = new Float32Array(0);
  for (let run = 0; run <= options.runs; run++) {
    const inputs = feeds();
    start = performance.now();
    const tensor = (await session.run(inputs, [output]))[output]!;
    submit.push(performance.now() - start);
    result = (await tensor.getData(true)) as Float32Array<ArrayBuffer>;
    runs.push(performance.now() - start);
  }
  await session.release();

  // A profiled session waits for the GPU at every kernel, so it is one of its own.
  const profiled = await ort.InferenceSession.create(model, { ...common, enableProfiling: true });
  const inputs = feeds();
  const passes = 2;
  for (let run = 0; run < passes; run++) (await profiled.run(inputs, [output]))[output]!.dispose();
  const trace = await loggedBy(() => profiled.endProfiling());
  await profiled.release();
  device.queue.submit([]);
  await device.queue.onSubmittedWorkDone();
  return { times: { load, runs, submit, kernels: kernelTimes(trace, passes) }, result };
}
