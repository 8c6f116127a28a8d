// The engine behind workers/engine.ts: one GPU, one loaded model, one job at a time.
import { latentPreview } from '../image/latent-preview.ts';
import { vaeOutputToPixels } from '../image/pixels.ts';
import { encodePng } from '../image/png.ts';
import { saveImage } from '../library/images.ts';
import { getModel } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import { openGpu, NoWebGpuError, type Gpu } from '../runtime/device.ts';
import {
  BadParametersError,
  DeviceLostError,
  ModelMissingError,
  OutOfMemoryError,
} from '../runtime/errors.ts';
import { LoadedModel } from '../runtime/loaded-model.ts';
import type { Executor } from '../runtime/session.ts';
import { runBenchmark, type BenchmarkProgress } from './benchmark.ts';
import type { BenchmarkResult } from './benchmark-report.ts';
import { CondCache, encodePrompts, type Conditions } from './conditioning.ts';
import { DEFAULT_MEMORY, roomOf, type MemoryOptions, type MemoryPlan } from './memory-options.ts';
import { memoryAdvice, memoryNeeds, planMemory } from './memory.ts';
import { fromGenerationParameters } from './parameters.ts';
import { prepareRequest } from './prepare.ts';
import { Replay } from './replay.ts';
import { seedsOf } from './seeds.ts';
import { sampleTxt2Img } from './txt2img.ts';
import {
  DEFAULT_PARAMETERS,
  type Continuation,
  type DeviceReport,
  type EngineApi,
  type GenerationEvent,
  type GenerationOutcome,
  type GenerationParameters,
  type RequestSize,
  type TokenCountOptions,
} from './types.ts';
import { validateParameters } from './validate.ts';
import { parseExtraNetworks } from '../prompt/extra-networks.ts';
import type { TokenCount } from '../prompt/counter.ts';
import { countTokens } from './token-count.ts';
import { TimeLeft } from './time-left.ts';

type OnEvent = (event: GenerationEvent) => void;

/** Previews of a large batch would cost more than they tell. */
const MAX_PREVIEWS = 4;

/** Milliseconds. */
const LOSS_TOLD_WITHIN = 300;

/** What wasm can hold: all of it is usable, unlike a GPU's. */
const WASM_MEMORY = 4.5e9;

interface Job {
  /** Stop after the step that runs. */
  stop: boolean;
  /** ... and go on with the next batch. */
  skip: boolean;
}

export class Engine implements EngineApi {
  #cpu = false;
  #gpu: Gpu | null = null;
  #lost: GPUDeviceLostInfo | null = null;
  #model: LoadedModel | null = null;
  #conds = new CondCache();
  #job: Job | null = null;
  /** Ends the job that runs. */
  #onLost: (error: DeviceLostError) => void = () => undefined;
  #memory = DEFAULT_MEMORY;
  /** Who hears of loading and of the model's warnings: whoever asked last. */
  #listener: OnEvent = () => undefined;

  async start(options: { readonly cpu: boolean }): Promise<DeviceReport> {
    if (options.cpu !== this.#cpu) await this.unload();
    this.#cpu = options.cpu;
    if (options.cpu) return cpuReport();
    try {
      return (await this.#openGpu()).report;
    } catch (error) {
      if (error instanceof NoWebGpuError)
        return { ...cpuReport(), backend: null, problem: error.message, adapter: '' };
      throw error;
    }
  }

  async setMemory(options: MemoryOptions): Promise<void> {
    this.#memory = options;
  }

  async estimateMemory(sha256: string, size: RequestSize, options: MemoryOptions) {
    const record = await getModel(sha256);
    const limits = await this.#limits();
    const needs = record && limits && memoryNeeds(record, size, limits.shaderF16);
    return needs
      ? { ...planMemory(needs, options, size, limits.maxBufferSize), room: roomOf(options) }
      : null;
  }

  async load(sha256: string, onEvent: OnEvent): Promise<{ readonly prediction: LoadedModel['prediction'] }> {
    if (this.#job)
      throw new BadParametersError('A picture is being made; the model cannot be changed meanwhile.');
    this.#listener = onEvent;
    const record = await this.#record(sha256);
    const plan = await this.#plan(record, DEFAULT_PARAMETERS);
    const model = await this.#ensureModel(record, DEFAULT_PARAMETERS, plan);
    return { prediction: model.prediction };
  }

  async generate(
    sha256: string,
    asked: GenerationParameters,
    onEvent: OnEvent,
    continuation?: Continuation,
  ): Promise<GenerationOutcome> {
    const parameters = prepareRequest(asked);
    const problems = validateParameters(parameters);
    if (problems.length > 0) throw new BadParametersError(problems.join(' '));
    if (this.#job)
      throw new BadParametersError('A picture is being made already. Interrupt it first, or wait.');
    const job: Job = { stop: false, skip: false };
    this.#job = job;
    this.#listener = onEvent;
    let plan: MemoryPlan | null = null;
    const work = async (): Promise<GenerationOutcome> => {
      const record = await this.#record(sha256);
      plan = await this.#plan(record, parameters);
      const model = await this.#ensureModel(record, parameters, plan);
      return this.#run(job, model, parameters, onEvent, continuation ?? null);
    };
    try {
      return await this.#unlessLost(work());
    } catch (error) {
      if (error instanceof OutOfMemoryError && plan) {
        throw new OutOfMemoryError(error.what, error.bytes, memoryAdvice(parameters, plan));
      }
      throw await this.#explain(error);
    } finally {
      this.#job = null;
      this.#listener = () => undefined;
    }
  }

  async benchmark(
    sha256: string,
    size: RequestSize,
    onProgress: (progress: BenchmarkProgress) => void,
  ): Promise<BenchmarkResult> {
    if (this.#job) throw new BadParametersError('A picture is being made. Interrupt it first, or wait.');
    const job: Job = { stop: false, skip: false };
    this.#job = job;
    try {
      const parameters = { ...DEFAULT_PARAMETERS, ...size };
      const record = await this.#record(sha256);
      const plan = await this.#plan(record, parameters);
      const device = this.#cpu ? cpuReport() : (await this.#openGpu()).report;
      const load = async () => {
        await this.unload();
        return this.#ensureModel(record, parameters, plan);
      };
      const subject = { record, device, plan, load, stopped: () => job.stop };
      return await this.#unlessLost(runBenchmark(subject, size, onProgress));
    } catch (error) {
      throw await this.#explain(error);
    } finally {
      this.#job = null;
    }
  }

  async interrupt(): Promise<void> {
    if (this.#job) this.#job.stop = true;
  }

  async skip(): Promise<void> {
    if (this.#job) this.#job.skip = true;
  }

  async unload(): Promise<void> {
    const model = this.#model;
    this.#model = null;
    this.#conds.clear();
    await model?.release();
  }

  countTokens(prompt: string, options?: TokenCountOptions): Promise<TokenCount> {
    return countTokens(prompt, options);
  }

  async #run(
    job: Job,
    model: LoadedModel,
    parameters: GenerationParameters,
    onEvent: OnEvent,
    continuation: Continuation | null,
  ): Promise<GenerationOutcome> {
    warnOfExtraNetworks(parameters, onEvent);
    const { batchSize, batchCount, steps, width, height } = parameters;
    const [h, w] = [height / 8, width / 8];
    const area = model.latentChannels * h * w;
    const imageIds: string[] = [];
    onEvent({ type: 'status', message: 'Reading the prompt' });
    const conditions = await encodePrompts(model, parameters, this.#conds);
    warnOfTruncation(conditions, onEvent);
    const time = new TimeLeft(batchCount * steps);

    let done = continuation?.pictures ?? 0;
    let past = continuation?.evaluations ?? [];
    for (let batch = Math.floor(done / batchSize); batch < batchCount && !job.stop; batch++) {
      job.skip = false;
      const first = batch * batchSize;
      const replay = new Replay(past, (index, evaluation) => {
        if (continuation) onEvent({ type: 'evaluation', batch, index, evaluation });
      });
      past = [];
      const networks = replay.over(model);
      const sampling = sampleTxt2Img(networks, parameters, conditions, { first, size: batchSize });
      let latents: Float32Array | null = null;
      let interrupted = false;
      for (;;) {
        const next = await sampling.next();
        if (next.done) {
          latents = next.value;
          break;
        }
        const { step, steps: total, denoised } = next.value;
        const { replaying } = replay;
        // What is only repeated says nothing of how long the rest takes.
        const remainingMs = replaying ? null : time.update((batch + step / total) * steps);
        onEvent({
          type: 'step',
          batch,
          batchCount,
          step,
          steps: total,
          elapsedMs: time.elapsedMs,
          remainingMs,
        });
        if (replaying) continue;
        onEvent(previewOf(denoised, batchSize, area, w, h));
        // What is emerging is kept: A1111 too decodes the last denoised latent of an interrupted run.
        latents = denoised;
        if ((job.stop || job.skip) && step < total) {
          interrupted = true;
          await sampling.return(denoised);
          break;
        }
      }
      if (!latents) break;
      for (let i = done - first; i < batchSize; i++) {
        onEvent({
          type: 'status',
          message: batchSize > 1 ? `Decoding picture ${i + 1} of ${batchSize}` : 'Decoding the picture',
        });
        const pixels = await model.decode(latents.slice(i * area, (i + 1) * area), h, w);
        const { seed, subseed } = seedsOf(parameters, first + i);
        const text = fromGenerationParameters(parameters, {
          seed,
          subseed,
          padded: conditions.padded,
          inpainting: model.unetChannels !== model.latentChannels,
          modelHash: shortHash(model),
          modelName: model.record.name,
        });
        const id = continuation ? `${continuation.id}-${first + i}` : crypto.randomUUID();
        await this.#keep(id, pixels, model, parameters, seed, text, interrupted, onEvent);
        imageIds.push(id);
        done = first + i + 1;
      }
    }
    return { status: job.stop ? 'interrupted' : 'finished', imageIds };
  }

  /** Encodes and stores one picture, and hands it to the page even where there is no room to store it. */
  async #keep(
    id: string,
    pixels: Float32Array,
    model: LoadedModel,
    parameters: GenerationParameters,
    seed: number,
    text: string,
    interrupted: boolean,
    onEvent: OnEvent,
  ): Promise<void> {
    const { width, height } = parameters;
    const modelHash = shortHash(model);
    const bytes = await encodePng(vaeOutputToPixels(pixels, width, height), { parameters: text });
    const png = new Blob([bytes], { type: 'image/png' });
    try {
      await saveImage({ id, createdAt: Date.now(), width, height, seed, modelHash, parameters: text, png });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      onEvent({
        type: 'warning',
        message: `The picture is shown but could not be kept; download it now. ${why}`,
      });
    }
    // A caller in another thread has the picture when this resolves; it must not come after the word that all is done.
    await (onEvent({ type: 'image', id, png, seed, parameters: text, interrupted }) as unknown);
  }

  async #record(sha256: string): Promise<StoredModel> {
    const record = await getModel(sha256);
    if (record) return record;
    throw new ModelMissingError(
      'This model is no longer in the library. Choose another, or import its file again.',
    );
  }

  /** The model, loaded the way that the request's size asks for. */
  async #ensureModel(
    record: StoredModel,
    { settings: { upcastAttention } }: GenerationParameters,
    { lowVram, tiledVae }: MemoryPlan,
  ): Promise<LoadedModel> {
    const options = { lowVram, tiledVae, upcastAttention };
    const loaded = this.#model;
    if (loaded && sameNetworks(loaded.record, record)) {
      // It may have been renamed meanwhile, and pictures carry the name.
      loaded.record = record;
      try {
        await loaded.prepare(options);
      } catch (error) {
        // It has lost networks that it cannot load again.
        await this.unload();
        throw error;
      }
      return loaded;
    }
    await this.unload();
    const executor = await this.#executor();
    const shaderF16 = this.#gpu?.report.shaderF16 ?? false;
    const listen: OnEvent = (event) => this.#listener(event);
    this.#model = await LoadedModel.load(record, executor, shaderF16, options, listen);
    return this.#model;
  }

  /** Of the GPU, whether it is opened or not; null where there is none. */
  async #limits(): Promise<Pick<DeviceReport, 'shaderF16' | 'maxBufferSize'> | null> {
    if (this.#gpu) return this.#gpu.report;
    const adapter = await (navigator as Partial<Navigator>).gpu?.requestAdapter();
    if (!adapter) return null;
    return { shaderF16: adapter.features.has('shader-f16'), maxBufferSize: adapter.limits.maxBufferSize };
  }

  /** On the CPU there are the 4 GB of wasm to run out of. */
  async #plan(record: StoredModel, parameters: GenerationParameters): Promise<MemoryPlan> {
    if (this.#lost) await this.#forgetLostDevice();
    const report = this.#cpu ? null : (await this.#openGpu()).report;
    const needs = memoryNeeds(record, parameters, report?.shaderF16 ?? false);
    if (!needs) return { lowVram: false, tiledVae: false, bytes: 0 };
    const options = report ? this.#memory : { ...this.#memory, gpuMemory: WASM_MEMORY };
    return planMemory(needs, options, parameters, report?.maxBufferSize ?? 0);
  }

  async #executor(): Promise<Executor> {
    if (this.#cpu) return { backend: 'cpu' };
    return { backend: 'webgpu', device: (await this.#openGpu()).device };
  }

  async #openGpu(): Promise<Gpu> {
    if (this.#gpu && !this.#lost) return this.#gpu;
    const gpu = await openGpu();
    this.#gpu = gpu;
    this.#lost = null;
    void gpu.device.lost.then((info) => {
      if (this.#gpu !== gpu) return;
      this.#lost = info;
      this.#onLost(new DeviceLostError(info.message));
    });
    return gpu;
  }

  /** The sessions of a lost device are gone with it; releasing them only frees onnxruntime's side. */
  async #forgetLostDevice(): Promise<void> {
    await this.unload().catch(() => undefined);
    this.#gpu = null;
    this.#lost = null;
  }

  /** Rejects as soon as the device is lost, whatever becomes of the calls that wait for it. */
  async #unlessLost<T>(work: Promise<T>): Promise<T> {
    const lost = new Promise<never>((_, reject) => (this.#onLost = reject));
    try {
      return await Promise.race([work, lost]);
    } finally {
      this.#onLost = () => undefined;
    }
  }

  async #explain(error: unknown): Promise<unknown> {
    // A call on a lost device may fail a moment before the loss is told.
    if (this.#gpu && !this.#lost) await Promise.race([this.#gpu.device.lost, delay(LOSS_TOLD_WITHIN)]);
    return this.#lost ? new DeviceLostError(this.#lost.message) : error;
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function shortHash(model: LoadedModel): string {
  return model.record.sha256.slice(0, 10);
}

function warnOfTruncation({ truncated }: Conditions, onEvent: OnEvent): void {
  for (const text of truncated) {
    onEvent({
      type: 'warning',
      message: `The old emphasis implementation reads 75 tokens only. This was left out: ${text}`,
    });
  }
}

/** Tags are taken out of the prompt as A1111 does; that they change nothing yet must not go unnoticed. */
function warnOfExtraNetworks({ prompt, negativePrompt }: GenerationParameters, onEvent: OnEvent): void {
  const kinds = [prompt, negativePrompt].flatMap((text) => [...parseExtraNetworks(text).networks.keys()]);
  if (kinds.length === 0) return;
  const tags = [...new Set(kinds)].map((kind) => `<${kind}:...>`).join(' and ');
  onEvent({
    type: 'warning',
    message: `${tags} in the prompt has no effect: add-on networks are not supported yet.`,
  });
}

/** Whether what is loaded for one record serves the other: a sidecar or the person may have changed what shapes cannot tell. */
function sameNetworks(a: StoredModel, b: StoredModel): boolean {
  const deciding = ({ sha256, predictionOverride, detection }: StoredModel) =>
    JSON.stringify([sha256, predictionOverride, detection]);
  return deciding(a) === deciding(b);
}

function previewOf(
  latents: Float32Array,
  batchSize: number,
  area: number,
  width: number,
  height: number,
): GenerationEvent {
  const images = Array.from({ length: Math.min(batchSize, MAX_PREVIEWS) }, (_, i) =>
    latentPreview(latents.subarray(i * area, (i + 1) * area), width, height),
  );
  return { type: 'preview', width, height, images };
}

function cpuReport(): DeviceReport {
  return {
    backend: 'cpu',
    problem: null,
    adapter: 'CPU',
    shaderF16: false,
    subgroups: false,
    maxBufferSize: 0,
    software: true,
  };
}
