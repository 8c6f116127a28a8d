// The engine behind workers/engine.ts: one GPU, one loaded model, one job at a time.
import { askedOfExtras, restorersOfExtras } from '../../finishing/extras-request.ts';
import type { GpuMemoryUse } from '../../runtime/gpu-memory.ts';
import { getModel, listModels } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import type { NetworkEvent } from '../../runtime/network-event.ts';
import { NoWebGpuError } from '../../runtime/device.ts';
import type { Device } from '../../runtime/executor.ts';
import {
  BadParametersError,
  InterruptedError,
  ModelMissingError,
  OutOfMemoryError,
} from '../../runtime/errors.ts';
import type { KernelChoice, LoadedNetwork } from '../../runtime/kernel-choice.ts';
import type { KernelReport } from '../../runtime/kernel-measurements.ts';
import type { LoadOptions } from '../../runtime/load-options.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import type { TuningReport } from '../../runtime/tune-model.ts';
import { startOwnExtensions } from './own-extensions.ts';
import { runBenchmark, type BenchmarkProgress } from './benchmark.ts';
import type { BenchmarkResult } from './benchmark-report.ts';
import { CardKernels } from './card-kernels.ts';
import { Annotating } from './annotating.ts';
import { Looking } from './looking.ts';
import { ControlFiles } from './control-files.ts';
import { Coloring } from './coloring.ts';
import { Detecting, missingDetector } from './detecting.ts';
import { cpuReport, EngineDevice } from './engine-device.ts';
import { roomOf, type MemoryPlan } from './memory-options.ts';
import { memoryAdvice } from './memory.ts';
import { LoadedModels, type AtHand } from './loaded-models.ts';
import { RunAddOns } from './run-add-ons.ts';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from './run-options.ts';
import type { Job, OpenModel } from './models-in-use.ts';
import type { Task } from './painter.ts';
import { makePictures } from './picture-run.ts';
import { preprocess, type PreprocessOrder, type PreprocessOutcome } from './preprocessing.ts';
import type { NetworkMeans } from './network-means.ts';
import { stepTime } from './step-time.ts';
import { mixOf, trialParameters, type TriedMerge, type TrialOrder } from './trial.ts';
import { missingFaces, missingFacesOf, Restoring } from './restoring.ts';
import { workOnPictures, type ExtrasEvent, type ExtrasOrder, type ExtrasOutcome } from './extras-run.ts';
import { missingOf, missingUpscaler, Upscaling } from './upscaling.ts';
import { prepareRequest } from '../request/prepare.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/settings/list.ts';
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
import { Planner, sizeOf, type EnginePlan, type Planned } from './planner.ts';

type OnEvent = (event: GenerationEvent) => void;

/** How a request is carried out besides what it says. */
interface Way extends Pick<Task, 'continuation' | 'keeps'> {
  readonly merge: TriedMerge | null;
}

export class Engine implements EngineApi {
  readonly #device = new EngineDevice();
  readonly #models = new LoadedModels((event) => this.#listener(event));
  readonly #means: NetworkMeans = {
    device: () => this.#deviceInUse(),
    makeWay: () => this.#models.makeWay(),
    onEvent: (event) => this.#listener(event),
  };
  readonly #upscaling = new Upscaling(this.#means);
  readonly #detecting = new Detecting(this.#means);
  readonly #restoring = new Restoring(this.#means);
  readonly #coloring = new Coloring(this.#means);
  readonly #annotating = new Annotating(this.#means);
  readonly #looking = new Looking(this.#means);
  readonly #kernels = new CardKernels();
  readonly #planner = new Planner(this.#device, this.#kernels, () => this.#options);
  #job: Job | null = null;
  #options = DEFAULT_RUN_OPTIONS;
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

  async setOptions(options: RunOptions): Promise<void> {
    this.#options = options;
  }

  async estimateMemory(sha256: string, request: SizedRequest, options: RunOptions, cpu: boolean) {
    return this.#planner.estimate(sha256, request, options, cpu);
  }

  async load(sha256: string, onEvent: OnEvent): Promise<{ readonly prediction: LoadedModel['prediction'] }> {
    if (this.#job)
      throw new BadParametersError('A picture is being made; the model cannot be changed meanwhile.');
    this.#listener = onEvent;
    const record = await this.#record(sha256);
    const plan = await this.#plan(record, DEFAULT_PARAMETERS);
    const { model } = await this.#open(record, DEFAULT_PARAMETERS, plan);
    return { prediction: model.prediction };
  }

  async generate(
    sha256: string,
    asked: GenerationParameters,
    onEvent: OnEvent,
    continuation?: Continuation,
  ): Promise<GenerationOutcome> {
    return this.#generate(sha256, asked, onEvent, {
      continuation: continuation ?? null,
      merge: null,
      keeps: true,
    });
  }

  async tryOut(order: TrialOrder, onEvent: OnEvent): Promise<GenerationOutcome> {
    for (const [index, trial] of order.trials.entries()) {
      const tell: OnEvent = (event) => onEvent(event.type === 'image' ? { ...event, index } : event);
      const way = { continuation: null, merge: trial.merge, keeps: false };
      const outcome = await this.#generate(order.sha256, trialParameters(order, trial), tell, way);
      if (outcome.status === 'interrupted') return outcome;
    }
    return { status: 'finished', imageIds: [] };
  }

  async #generate(
    sha256: string,
    asked: GenerationParameters,
    onEvent: OnEvent,
    way: Way,
  ): Promise<GenerationOutcome> {
    const tell = (message: string): void => onEvent({ type: 'warning', message });
    const endExtensions = await startOwnExtensions(asked.extensions ?? [], tell);
    try {
      return await this.#generateWith(sha256, asked, onEvent, way);
    } finally {
      endExtensions();
    }
  }

  async #generateWith(
    sha256: string,
    asked: GenerationParameters,
    onEvent: OnEvent,
    { continuation, merge, keeps }: Way,
  ): Promise<GenerationOutcome> {
    const parameters = prepareRequest(asked);
    const problems = validateParameters(parameters);
    if (problems.length > 0) throw new BadParametersError(problems.join(' '));
    let plan: EnginePlan | null = null;
    const work = async (job: Job): Promise<GenerationOutcome> => {
      const files = await listModels();
      const missing =
        missingUpscaler(parameters, files) ??
        missingDetector(parameters, files) ??
        missingFacesOf(parameters.settings, files);
      if (missing !== null) throw new BadParametersError(missing);
      const own = await this.#plannedFor(await this.#record(sha256), parameters);
      const controls = new ControlFiles(parameters, files, own.record);
      const others = await this.#planner.othersOf(own.record, parameters);
      plan = own.plan;
      const { decoders } = plan;
      for (const message of decoders.remarks) onEvent({ type: 'warning', message });
      await this.#makeRoom(own.record, parameters, plan);
      const all = [own, ...others];
      const together = this.#planner.fitTogether(all.map(({ plan }) => plan));
      let before = own;
      const mix = merge && (await mixOf(own.record, merge));
      const addOns = new RunAddOns((message) => onEvent({ type: 'warning', message }));
      const open: OpenModel = async (checkpoint, prompt) => {
        const wanted = others.find(({ record }) => record.sha256 === checkpoint?.sha256) ?? own;
        if (wanted !== before) onEvent({ type: 'status', message: `Changing to ${wanted.record.name}` });
        before = wanted;
        ({ plan } = wanted);
        const beside = together ? all.map(({ record }) => record) : [];
        const named = await addOns.for(prompt, wanted.record);
        const used = wanted === own ? { ...named, mix } : named;
        const at = await this.#open(
          wanted.record,
          parameters,
          { ...wanted.plan, addOns: used, ...controls.for(wanted.record) },
          () => job.stop,
          beside,
        );
        at.sizes.add(sizeOf(parameters, wanted.plan));
        return at;
      };
      const vaeText = decoders.text;
      return await makePictures({
        ...{ job, open, addOns, parameters, vaeText, onEvent, keeps, continuation },
        upscaleUntil: (stopped) => this.#upscaling.by(parameters.settings, stopped),
        controlNetworkOf: controls.networkOf,
        annotate: this.#annotating.by(() => job.stop),
        lookAt: this.#looking.by(() => job.stop),
        detect: (...asked) => this.#detecting.find(...asked),
        facesUntil: (stopped) => this.#restoring.by(stopped),
      });
    };
    return this.#alone(onEvent, async (job) => {
      try {
        return await work(job);
      } catch (error) {
        if (error instanceof InterruptedError) return { status: 'interrupted', imageIds: [] };
        if (error instanceof OutOfMemoryError && error.where === 'gpu' && plan)
          throw new OutOfMemoryError(error.what, error.bytes, memoryAdvice(parameters, plan));
        throw error;
      }
    });
  }

  async extras(order: ExtrasOrder, onEvent: (event: ExtrasEvent) => void): Promise<ExtrasOutcome> {
    const hear: OnEvent = (event) => {
      if (event.type === 'loading' || event.type === 'warning') onEvent(event);
    };
    return this.#alone(hear, async (job) => {
      const models = await listModels();
      const missing =
        missingOf(askedOfExtras(order.request), models) ??
        restorersOfExtras(order.request).reduce<string | null>(
          (said, by) => said ?? missingFaces(models, by),
          null,
        );
      if (missing !== null) throw new BadParametersError(missing);
      await this.#forgetLostDevice();
      const stopped = () => job.stop || job.skip;
      return this.#upscaling.during(order.settings, stopped, (upscale) =>
        this.#restoring.during(stopped, (faces) =>
          this.#coloring.during(stopped, (colorize) =>
            workOnPictures({ job, order, colorize, upscale, faces, onEvent }),
          ),
        ),
      );
    });
  }

  async preprocess(
    order: PreprocessOrder,
    onEvent: (event: NetworkEvent) => void,
  ): Promise<PreprocessOutcome> {
    const hear: OnEvent = (event) => {
      if (event.type === 'loading' || event.type === 'warning') onEvent(event);
    };
    return this.#alone(hear, async (job) => {
      await this.#forgetLostDevice();
      return preprocess(
        order,
        job,
        this.#annotating.by(() => job.stop),
      );
    });
  }

  async benchmark(
    sha256: string,
    { settings = DEFAULT_IMAGE_SETTINGS, ...size }: SizedRequest,
    onProgress: (progress: BenchmarkProgress) => void,
  ): Promise<BenchmarkResult> {
    const ignore = () => undefined;
    return this.#alone(ignore, async (job) => {
      const parameters = { ...DEFAULT_PARAMETERS, ...size, settings };
      const record = await this.#record(sha256);
      const { plan } = await this.#plannedFor(record, parameters);
      const device = await this.#device.report();
      const load = async () => {
        await this.unload();
        const { model, sizes } = await this.#open(record, parameters, plan, () => job.stop);
        sizes.add(sizeOf(size, plan));
        return model;
      };
      const { memory } = this.#device;
      const subject = { record, device, plan, memory, load, stopped: () => job.stop };
      return runBenchmark(subject, size, onProgress);
    });
  }

  async stepTime(sha256: string, size: RequestSize, onEvent: OnEvent): Promise<number> {
    return this.#alone(onEvent, async (job) => {
      const stopped = () => job.stop;
      const parameters = { ...DEFAULT_PARAMETERS, ...size };
      const record = await this.#record(sha256);
      const plan = await this.#plan(record, parameters);
      const { model, sizes } = await this.#open(record, parameters, plan, stopped);
      sizes.add(sizeOf(size, plan));
      return stepTime(model, size, stopped);
    });
  }

  async tuneKernels(
    sha256: string,
    size: RequestSize,
    onReport: (report: TuningReport) => void,
  ): Promise<KernelReport | null> {
    const ignore = () => undefined;
    return this.#alone(ignore, async (job) => {
      const stopped = () => job.stop;
      const parameters = { ...DEFAULT_PARAMETERS, ...size };
      const record = await this.#record(sha256);
      const { plan } = await this.#plannedFor(record, parameters);
      const options = await this.#planner.loadOptions(record, parameters, plan);
      const on = { executor: await this.#device.executor(), report: await this.#device.report() };
      try {
        const { model, sizes } = await this.#openWith(record, options, stopped);
        sizes.add(sizeOf(size, plan));
        const use = (kernels: KernelChoice) => model.prepare({ ...options, kernels }, stopped);
        return await this.#kernels.tune(model, use, size, on, stopped, onReport);
      } catch (error) {
        if (error instanceof InterruptedError) return null;
        throw error;
      }
    });
  }

  async kernelReport(): Promise<KernelReport> {
    return this.#kernels.report(await this.#device.report());
  }

  async forgetKernels(): Promise<KernelReport> {
    const report = await this.#device.report();
    await this.#kernels.forget(report);
    return this.#kernels.report(report);
  }

  async loadedNetworks(): Promise<readonly LoadedNetwork[]> {
    return this.#models.networks;
  }

  async gpuMemory(): Promise<GpuMemoryUse | null> {
    const { memory } = this.#device;
    return memory && { live: memory.live, peak: memory.takePeak() };
  }

  async interrupt(): Promise<void> {
    if (this.#job) this.#job.stop = true;
  }

  async skip(): Promise<void> {
    if (this.#job) this.#job.skip = true;
  }

  async unload(): Promise<void> {
    await this.#models.release();
  }

  /** Carries work out that nothing else of its kind may run beside; that is refused meanwhile. */
  async #alone<T>(onEvent: OnEvent, work: (job: Job) => Promise<T>): Promise<T> {
    if (this.#job)
      throw new BadParametersError('A picture is being made already. Interrupt it first, or wait.');
    const job: Job = { stop: false, skip: false };
    this.#job = job;
    this.#listener = onEvent;
    try {
      return await this.#device.unlessLost(work(job));
    } catch (error) {
      throw error instanceof OutOfMemoryError ? error : await this.#device.explain(error);
    } finally {
      this.#job = null;
      this.#listener = () => undefined;
    }
  }

  async #record(sha256: string): Promise<StoredModel> {
    const record = await getModel(sha256);
    if (record) return record;
    throw new ModelMissingError(
      'This model is no longer in the library. Choose another, or import its file again.',
    );
  }

  /** The model, loaded the way that the request's size asks for. `beside`: what may stay loaded with it. */
  async #open(
    record: StoredModel,
    parameters: GenerationParameters,
    plan: EnginePlan & Partial<Pick<LoadOptions, 'addOns' | 'controls' | 'images' | 'lites'>>,
    stopped: () => boolean = () => false,
    beside: readonly StoredModel[] = [],
  ): Promise<AtHand> {
    return this.#openWith(record, await this.#planner.loadOptions(record, parameters, plan), stopped, beside);
  }

  #openWith(
    record: StoredModel,
    options: LoadOptions,
    stopped: () => boolean,
    beside: readonly StoredModel[] = [],
  ): Promise<AtHand> {
    return this.#models.open(record, options, beside, () => this.#deviceInUse(), stopped);
  }

  /** On a device that is there. @throws BadParametersError where nothing decodes its pictures. */
  async #plannedFor(record: StoredModel, parameters: GenerationParameters): Promise<Planned> {
    await this.#forgetLostDevice();
    return this.#planner.planned(record, parameters);
  }

  async #plan(record: StoredModel, parameters: GenerationParameters): Promise<EnginePlan> {
    await this.#forgetLostDevice();
    return this.#planner.plan(record, parameters);
  }

  async #deviceInUse(): Promise<Device> {
    const executor = await this.#device.executor();
    return {
      executor,
      shaderF16: (await this.#device.report()).shaderF16,
      kernels: await this.#planner.choice(null),
    };
  }

  /** Buffers kept for other sizes are given back, with all that is loaded, where a new size would not fit beside them. */
  async #makeRoom(record: StoredModel, size: SizedRequest, plan: MemoryPlan): Promise<void> {
    const sizes = this.#models.sizesOf(record);
    if (sizes.size === 0 || sizes.has(sizeOf(size, plan))) return;
    const live = this.#device.memory?.live ?? 0;
    if (live + plan.working > roomOf(this.#options.memory)) await this.unload();
  }

  /** The sessions of a lost device are gone with it; releasing them only frees onnxruntime's side. */
  async #forgetLostDevice(): Promise<void> {
    if (!this.#device.lost) return;
    await this.unload().catch(() => undefined);
    this.#device.forget();
  }
}
