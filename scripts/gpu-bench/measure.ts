// Times one network through onnxruntime's WebGPU provider on Dawn, or by our own kernels, as the app runs it: a child process, since
// a process has one device, and since what hangs must be ended.
import type * as Ort from 'onnxruntime-web/webgpu';
import type { Precision, WeightRef } from '../../src/graph/types.ts';
import { SUBGROUP_MATRIX_FEATURE } from '../../src/wgsl/kernels/subgroup-matrix.ts';
import { loggedBy, openDawn, ortTensor } from '../../tests/ort-dawn.ts';
import { packGraph } from '../../tests/packed-graph.ts';
import { openWeights } from '../checkpoint-weights.ts';
import { casesOf } from '../full-size-cases.ts';
import { kernelTimes } from '../kernel-times.ts';
import { writeFloats, writeJson } from './files.ts';
import { openOwn } from './measure-own.ts';
import type { Measured, MeasureOptions } from './types.ts';

/** Writes `out` as it goes, so that a run that is ended early leaves what it had; and `out`.done when all is done. */
export async function measure(options: MeasureOptions): Promise<void> {
  await measureAll(options);
  writeJson(`${options.out}.done`, true);
}

async function measureAll(options: MeasureOptions): Promise<void> {
  const { model, network: name, precision, how, profile } = options;
  const end = performance.now() + 1000 * options.seconds;
  const found = { load: null, cold: null, runs: [], submit: [], kernels: [], note: '', problem: null } as {
    -readonly [key in keyof Measured]: Measured[key] extends readonly (infer T)[] ? T[] : Measured[key];
  };
  const keep = () => writeJson(options.out, found);

  const subgroups = how === 'subgroups';
  const own = how === 'own' || how === 'own matrices' || how === 'own packed';
  const dawn = await openDawn({
    features: [
      ...(profile || own ? ['timestamp-query' as const] : []),
      ...(how === 'own matrices' ? [SUBGROUP_MATRIX_FEATURE] : []),
      ...(subgroups ? ['subgroups' as const] : []),
    ],
    float32: precision === 'float32' || how === 'own packed',
    float16: how !== 'own packed',
    sums: how === 'float16 sums' ? 'float16' : 'float32',
    // Browsers round the card's clock to a tenth of a millisecond, which is longer than most kernels.
    flags: profile || own ? ['disable-dawn-features=timestamp_quantization'] : [],
    unsafe: own,
  });
  const { ort, device } = dawn;
  if (subgroups && !device.features.has('subgroups')) throw new Error('The device has no subgroups.');
  let lost = false;
  void device.lost.then(({ message }) => {
    lost = true;
    found.problem = `the graphics card was lost: ${message}`;
    keep();
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    found.problem ??= error.message.slice(0, 300);
  });

  const weights = await openWeights(model.file);
  const item = casesOf(weights, [model.size], model.batch).find(({ network }) => network === name)!;
  const network = item.build(precision);
  if (own) {
    const read = (ref: WeightRef, kind: Precision) => weights.read(ref, kind, true);
    const opened = await openOwn(dawn, network, item.output, read, options);
    found.load = opened.load;
    found.note = opened.note;
    keep();
    found.tried = [...opened.tried];
    await timeRuns(async () => ({ submitted: null, result: await opened.run() }));
    if (!lost) found.kernels = await opened.profile();
    keep();
    return;
  }
  const packed = await packGraph(network.graph, (ref, kind) => weights.read(ref, kind, true));
  const common: Ort.InferenceSession.SessionOptions = {
    executionProviders: [{ name: 'webgpu', device }],
    externalData: packed.externalData,
    logSeverityLevel: 3,
  };
  const feeds = () =>
    Object.fromEntries(Object.entries(network.feeds()).map(([key, tensor]) => [key, ortTensor(ort, tensor)]));

  if (profile) {
    // A profiled session waits for the GPU at every kernel, so nothing else is timed with it.
    const session = await ort.InferenceSession.create(packed.model, { ...common, enableProfiling: true });
    const passes = 2;
    for (let run = 0; run < passes; run++)
      (await session.run(feeds(), [item.output]))[item.output]!.dispose();
    found.kernels = kernelTimes(await loggedBy(() => session.endProfiling()), passes);
    keep();
    return;
  }

  const start = performance.now();
  const session = await ort.InferenceSession.create(packed.model, {
    ...common,
    preferredOutputLocation: 'gpu-buffer',
  });
  await device.queue.onSubmittedWorkDone();
  found.load = performance.now() - start;
  keep();
  await timeRuns(async () => {
    const inputs = feeds();
    const begun = performance.now();
    const tensor = (await session.run(inputs, [item.output]))[item.output]!;
    const submitted = performance.now() - begun;
    return { submitted, result: (await tensor.getData(true)) as Float32Array };
  });
  if (dawn.narrowSums.size > 0) {
    found.problem ??= `summed in float16 after all: ${[...dawn.narrowSums].join(', ')}`;
    keep();
  }

  async function timeRuns(
    work: () => Promise<{ readonly submitted: number | null; readonly result: Float32Array }>,
  ): Promise<void> {
    for (let run = 0; run <= options.runs && !lost; run++) {
      // One warm run at least, since the first says little.
      if (run > 1 && performance.now() > end) break;
      const begun = performance.now();
      const { submitted, result } = await work();
      const whole = performance.now() - begun;
      if (run === 0) {
        found.cold = whole;
      } else {
        found.runs.push(whole);
        if (submitted !== null) found.submit.push(submitted);
      }
      // What is checked is what a warm run gave, where there was one.
      if (run <= 1) writeFloats(options.result, result);
      keep();
    }
  }
}
