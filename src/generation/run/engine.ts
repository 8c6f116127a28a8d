// The engine behind workers/engine.ts: one GPU, one loaded model, one job at a time.
import { getModel, listModels } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import { NoWebGpuError } from '../../runtime/device.ts';
import {
  BadParametersError,
  InterruptedError,
  ModelMissingError,
  OutOfMemoryError,
} from '../../runtime/errors.ts';
import { LoadedModel, type LoadOptions } from '../../runtime/loaded-model.ts';
import { runBenchmark, type BenchmarkProgress } from './benchmark.ts';
import type { BenchmarkResult } from './benchmark-report.ts';
import { CondCache } from '../recipes/conditioning.ts';
import { chooseDecoders, type Decoders } from './decoders.ts';
import { cpuReport, EngineDevice } from './engine-device.ts';
import { DEFAULT_MEMORY, roomOf, type MemoryOptions, type MemoryPlan } from './memory-options.ts';
import { memoryAdvice, memoryNeeds, planMemory } from './memory.ts';
import { makePictures, type Job } from './picture-run.ts';
import { stepTime } from './step-time.ts';
import { prepareRequest } from '../request/prepare.ts';
import { tokenMergingOf } from '../request/token-merging.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/image-settings.ts';
import {
  DEFAULT_PARAMETERS,
  type GenerationParameters,
  type RequestSize,
  type SizedRequest,
} from '../request/request.ts';
import type { Continuation } from '../request/continuation.ts';
import type { DeviceReport } from '../../runtime/device-report.ts';
import type { EngineApi } from './engine-api.ts';
import type { GenerationEvent, GenerationOutcome } from './events.ts';
import { validateParameters } from '../request/validate.ts';

type OnEvent = (event: GenerationEvent) => void;

/** How a request is carried out, and what decodes its pictures. */
type EnginePlan = MemoryPlan & Pick<LoadOptions, 'tiledVaeInFloat32'> & { readonly decoders: Decoders };

/** What wasm can hold: all of it is usable, unlike a GPU's. */
const WASM_MEMORY = 4.5e9;

export class Engine implements EngineApi {
  readonly #device = new EngineDevice();
  #model: LoadedModel | null = null;
  #conds = new CondCache();
  #job: Job | null = null;
  #memory = DEFAULT_MEMORY;
  /** What the model has been run at since it was loaded: onnxruntime keeps buffers for each size. */
  readonly #sizes = new Set<string>();
  /** Who hears of loading and of the model's warnings: whoever asked last. */
  #listener: OnEvent = () => undefined;

  async start(options: { readonly cpu: boolean }): Promise<DeviceReport> {
    await this.#forgetLostDevice();
    if (options.cpu !== this.#device.cpu) await this.unload();
    this.#device.cpu = options.cpu;
    try {
      return await this.#device.report();
    } catch (error) {
      if (error instanceof NoWebGpuError)
        return { ...cpuReport(), backend: null, problem: error.message, adapter: '' };
      throw error;
    }
  }

  async setMemory(options: MemoryOptions): Promise<void> {
    this.#memory = options;
  }

  async estimateMemory(sha256: string, request: SizedRequest, asked: MemoryOptions, cpu: boolean) {
    const record = await getModel(sha256);
    const limits = cpu ? cpuReport() : await this.#device.limits();
    const options = cpu ? inWasm(asked) : asked;
    if (!record || !limits) return null;
    const { settings = DEFAULT_IMAGE_SETTINGS, img2img = null } = request;
    const decoders = chooseDecoders(record, settings, await listModels(), img2img !== null);
    const needs = memoryNeeds(record, request, limits.shaderF16, decoders);
    return needs ? { ...planMemory(needs, options, limits.maxBufferSize), room: roomOf(options) } : null;
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
    let plan: EnginePlan | null = null;
    const work = async (): Promise<GenerationOutcome> => {
      const record = await this.#record(sha256);
      plan = await this.#plan(record, parameters);
      const { decoders } = plan;
      if (decoders.problem !== null) throw new BadParametersError(decoders.problem);
      for (const message of decoders.remarks) onEvent({ type: 'warning', message });
      await this.#makeRoom(parameters, plan);
      const model = await this.#ensureModel(record, parameters, plan, () => job.stop);
      this.#sizes.add(sizeOf(parameters, plan));
      return await makePictures(
        job,
        model,
        parameters,
        decoders.text,
        this.#conds,
        onEvent,
        continuation ?? null,
      );
    };
    try {
      return await this.#device.unlessLost(work());
    } catch (error) {
      if (error instanceof InterruptedError) return { status: 'interrupted', imageIds: [] };
      if (error instanceof OutOfMemoryError && error.where === 'gpu' && plan) {
        throw new OutOfMemoryError(error.what, error.bytes, memoryAdvice(parameters, plan));
      }
      throw await this.#device.explain(error);
    } finally {
      this.#job = null;
      this.#listener = () => undefined;
    }
  }

  async benchmark(
    sha256: string,
    { settings = DEFAULT_IMAGE_SETTINGS, ...size }: SizedRequest,
    onProgress: (progress: BenchmarkProgress) => void,
  ): Promise<BenchmarkResult> {
    if (this.#job) throw new BadParametersError('A picture is being made. Interrupt it first, or wait.');
    const job: Job = { stop: false, skip: false };
    this.#job = job;
    try {
      const parameters = { ...DEFAULT_PARAMETERS, ...size, settings };
      const record = await this.#record(sha256);
      const plan = await this.#plan(record, parameters);
      if (plan.decoders.problem !== null) throw new BadParametersError(plan.decoders.problem);
      const device = await this.#device.report();
      const load = async () => {
        await this.unload();
        const model = await this.#ensureModel(record, parameters, plan, () => job.stop);
        this.#sizes.add(sizeOf(size, plan));
        return model;
      };
      const { memory } = this.#device;
      const subject = { record, device, plan, memory, load, stopped: () => job.stop };
      return await this.#device.unlessLost(runBenchmark(subject, size, onProgress));
    } catch (error) {
      throw await this.#device.explain(error);
    } finally {
      this.#job = null;
    }
  }

  async stepTime(sha256: string, size: RequestSize, onEvent: OnEvent): Promise<number> {
    if (this.#job) throw new BadParametersError('A picture is being made. Interrupt it first, or wait.');
    const job: Job = { stop: false, skip: false };
    const stopped = () => job.stop;
    this.#job = job;
    this.#listener = onEvent;
    try {
      const parameters = { ...DEFAULT_PARAMETERS, ...size };
      const record = await this.#record(sha256);
      const plan = await this.#plan(record, parameters);
      const work = async () => {
        const model = await this.#ensureModel(record, parameters, plan, stopped);
        this.#sizes.add(sizeOf(size, plan));
        return stepTime(model, size, stopped);
      };
      return await this.#device.unlessLost(work());
    } catch (error) {
      throw await this.#device.explain(error);
    } finally {
      this.#job = null;
      this.#listener = () => undefined;
    }
  }

  async gpuMemory(): Promise<number | null> {
    return this.#device.memory?.live ?? null;
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
    this.#sizes.clear();
    await model?.release();
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
    parameters: GenerationParameters,
    { lowVram, tiledVae, tiledVaeInFloat32, decoders: { vae, taesd, taesdEncoder } }: EnginePlan,
    stopped: () => boolean = () => false,
  ): Promise<LoadedModel> {
    const { upcastAttention } = parameters.settings;
    const tokenMerging = tokenMergingOf(parameters);
    const networks = { upcastAttention, tokenMerging, vae, taesd, taesdEncoder };
    const options = { lowVram, tiledVae, tiledVaeInFloat32, ...networks };
    const loaded = this.#model;
    if (loaded && sameNetworks(loaded.record, record)) {
      // It may have been renamed meanwhile, and pictures carry the name.
      loaded.record = record;
      try {
        await loaded.prepare(options, stopped);
      } catch (error) {
        // It has lost networks that it cannot load again.
        if (!(error instanceof InterruptedError)) await this.unload();
        throw error;
      }
      return loaded;
    }
    await this.unload();
    const executor = await this.#device.executor();
    const { shaderF16 } = await this.#device.report();
    const listen: OnEvent = (event) => this.#listener(event);
    this.#model = await LoadedModel.load(record, executor, shaderF16, options, listen, stopped);
    return this.#model;
  }

  /** On the CPU there are the 4 GB of wasm to run out of. */
  async #plan(record: StoredModel, parameters: GenerationParameters): Promise<EnginePlan> {
    await this.#forgetLostDevice();
    const { shaderF16, maxBufferSize } = await this.#device.report();
    const options = this.#device.cpu ? inWasm(this.#memory) : this.#memory;
    const { settings, img2img } = parameters;
    const decoders = chooseDecoders(record, settings, await listModels(), img2img !== null);
    const { vae, taesd } = decoders;
    const planFor = (model: StoredModel, file: StoredModel | null): MemoryPlan => {
      const needs = memoryNeeds(model, parameters, shaderF16, { vae: file, taesd });
      if (!needs) return { lowVram: false, tiledVae: false, bytes: 0, working: 0 };
      return planMemory(needs, options, maxBufferSize);
    };
    const wide = { vaeOverflows: true } as const;
    const { tiledVae } = planFor({ ...record, ...wide }, vae && { ...vae, ...wide });
    return { ...planFor(record, vae), tiledVaeInFloat32: tiledVae, decoders };
  }

  /** Buffers kept for other sizes are given back, with all that is loaded, where a new size would not fit beside them. */
  async #makeRoom(size: SizedRequest, plan: MemoryPlan): Promise<void> {
    if (this.#sizes.size === 0 || this.#sizes.has(sizeOf(size, plan))) return;
    const live = this.#device.memory?.live ?? 0;
    if (live + plan.working > roomOf(this.#memory)) await this.unload();
  }

  /** The sessions of a lost device are gone with it; releasing them only frees onnxruntime's side. */
  async #forgetLostDevice(): Promise<void> {
    if (!this.#device.lost) return;
    await this.unload().catch(() => undefined);
    this.#device.forget();
  }
}

function inWasm(options: MemoryOptions): MemoryOptions {
  return { ...options, gpuMemory: WASM_MEMORY };
}

/** What decides the sizes of buffers. */
function sizeOf(request: SizedRequest, { tiledVae }: MemoryPlan): string {
  const { width, height, batchSize } = request;
  return [width, height, batchSize, tiledVae, tokenMergingOf(request)].join();
}

/** Whether what is loaded for one record serves the other: a sidecar or the person may have changed what shapes cannot tell. */
function sameNetworks(a: StoredModel, b: StoredModel): boolean {
  const deciding = ({ sha256, predictionOverride, detection, buffers, soundPositions }: StoredModel) =>
    JSON.stringify([sha256, predictionOverride, detection, buffers, soundPositions ?? false]);
  return deciding(a) === deciding(b);
}
