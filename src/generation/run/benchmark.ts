// Measures what each stage of making a picture takes, with the networks and the code that make pictures.
import { version } from '../../../package.json';
import { latentPreview } from '../../image/latent-preview.ts';
import { vaeOutputToPixels } from '../../image/pixels.ts';
import { encodePng } from '../../image/png.ts';
import { getChunks } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import { InterruptedError } from '../../runtime/errors.ts';
import type { GpuMemory } from '../../runtime/gpu-memory.ts';
import { turn } from '../../runtime/turn.ts';
import { TorchGenerator } from '../../sampling/random/torch-generator.ts';
import { STAGES, type BenchmarkResult, type StageId } from './benchmark-report.ts';
import { CondCache, encodePrompts } from '../recipes/conditioning.ts';
import type { MemoryPlan } from './memory-options.ts';
import type { Networks } from '../../runtime/networks.ts';
import { stepInputs } from './step-time.ts';
import { sampleTxt2Img } from '../recipes/txt2img.ts';
import { DEFAULT_PARAMETERS, type RequestSize } from '../request/request.ts';
import type { DeviceReport } from '../../runtime/device-report.ts';

export interface BenchmarkProgress {
  /** In words. */
  readonly stage: string;
  /** 0..1 of the whole, counted in runs. */
  readonly fraction: number;
}

export interface BenchmarkSubject {
  readonly record: StoredModel;
  readonly device: DeviceReport;
  readonly plan: MemoryPlan;
  readonly memory: GpuMemory | null;
  /** Loads the model anew, whether it is loaded or not. */
  load(): Promise<Networks & { readonly precision: 'float16' | 'float32' }>;
  stopped(): boolean;
}

/** How often each stage runs; the first time of several is told apart. */
const RUNS: Readonly<Record<StageId, number>> = {
  read: 1,
  load: 1,
  text: 4,
  unet: 6,
  sampler: 1,
  preview: 3,
  vae: 3,
  png: 2,
};
/** Of the run that tells the sampler's part; each calls the UNet once. */
const SAMPLER_STEPS = 3;
/** Read at a time. */
const PIECE = 64 << 20;

/** Rejects with InterruptedError after the run under way once `subject.stopped()`. */
export async function runBenchmark(
  subject: BenchmarkSubject,
  size: RequestSize,
  onProgress: (progress: BenchmarkProgress) => void,
): Promise<BenchmarkResult> {
  const { record, device, plan } = subject;
  const measured: Record<StageId, number[]> = {
    read: [],
    load: [],
    text: [],
    unet: [],
    sampler: [],
    preview: [],
    vae: [],
    png: [],
  };
  const gpuMemory: Partial<Record<StageId, number>> = {};
  const total = Object.values(RUNS).reduce((sum, runs) => sum + runs, 0);
  let done = 0;
  /** `work` may give a number: the milliseconds to note instead of its own. */
  const measure = async (stage: StageId, work: () => Promise<unknown>): Promise<void> => {
    subject.memory?.takePeak();
    for (let run = 0; run < RUNS[stage]; run++) {
      await turn();
      if (subject.stopped()) throw new InterruptedError();
      onProgress({ stage: STAGES[stage], fraction: done / total });
      const start = performance.now();
      const own = await work();
      measured[stage].push(typeof own === 'number' ? own : performance.now() - start);
      done += 1;
    }
    if (subject.memory) gpuMemory[stage] = subject.memory.takePeak();
  };

  await measure('read', () => readAll(record));
  let model!: Awaited<ReturnType<BenchmarkSubject['load']>>;
  await measure('load', async () => {
    model = await subject.load();
  });

  const { width, height, batchSize } = size;
  const [h, w] = [height / 8, width / 8];
  const area = model.latentChannels * h * w;
  await measure('text', async () => {
    for (const [encoder, { positions, vocabulary }] of model.textEncoders.entries()) {
      const tokens = new Int32Array(2 * positions).fill(vocabulary - 1);
      await model.encodeText(encoder, { tokens, chunks: 2 }, { layer: 1, finalNorm: true });
    }
  });

  const inputs = stepInputs(model, size);
  await measure('unet', () => model.unet(inputs));
  await measure('sampler', () => samplerTime(model, size, subject.stopped));

  const latent = new TorchGenerator(1).randn(area);
  await measure('preview', async () => {
    for (let i = 0; i < batchSize; i++) latentPreview(latent, w, h, model.family.latent.preview);
  });
  let image: Float32Array = new Float32Array(0);
  await measure('vae', async () => {
    image = await model.decode(latent, h, w);
  });
  await measure('png', () => encodePng(vaeOutputToPixels(image, width, height), {}));

  const { backend, adapter, shaderF16, subgroups, software } = device;
  return {
    version,
    when: new Date().toISOString(),
    browser: navigator.userAgent,
    device: { backend, adapter, shaderF16, subgroups, software },
    precision: model.precision,
    model: {
      label: record.detection.label,
      hash: record.sha256.slice(0, 10),
      storedSize: record.storedSize,
    },
    size,
    plan,
    measured,
    gpuMemory,
  };
}

/** Everything that is stored of the model, a piece at a time. */
async function readAll(record: StoredModel): Promise<void> {
  for (const chunk of await getChunks(record)) {
    for (let at = 0; at < chunk.size; at += PIECE) await chunk.slice(at, at + PIECE).arrayBuffer();
  }
}

/** Milliseconds a step spends outside the UNet, in a run as it is made for pictures. */
async function samplerTime(
  model: Networks,
  { width, height, batchSize }: RequestSize,
  stopped: () => boolean,
): Promise<number> {
  let inside = 0;
  const watched: Networks = {
    family: model.family,
    prediction: model.prediction,
    buffers: model.buffers,
    latentChannels: model.latentChannels,
    unetConfig: model.unetConfig,
    unetChannels: model.unetChannels,
    scaleFactor: model.scaleFactor,
    contextDim: model.contextDim,
    vectorDim: model.vectorDim,
    textEncoders: model.textEncoders,
    encodeText: (...args) => model.encodeText(...args),
    decode: (...args) => model.decode(...args),
    encode: (...args) => model.encode(...args),
    unet: async (inputs) => {
      const start = performance.now();
      const result = await model.unet(inputs);
      inside += performance.now() - start;
      return result;
    },
  };
  const parameters = {
    ...DEFAULT_PARAMETERS,
    width,
    height,
    steps: SAMPLER_STEPS,
    seed: 1,
    sampler: 'Euler',
  };
  const conditions = await encodePrompts(watched, parameters, new CondCache());
  const sampling = sampleTxt2Img(watched, parameters, conditions, { first: 0, size: batchSize });
  // What comes before the first step is not the sampler's.
  await sampling.next();
  inside = 0;
  const start = performance.now();
  let steps = 0;
  while (!(await sampling.next()).done) {
    steps += 1;
    await turn();
    if (stopped()) throw new InterruptedError();
  }
  return (performance.now() - start - inside) / Math.max(1, steps);
}
