// The engine as the page sees it: started when first needed, started afresh after it died.
import type { GpuMemoryUse } from '../../runtime/gpu-memory.ts';
import type { LoadedNetwork } from '../../runtime/kernel-choice.ts';
import type { KernelReport } from '../../runtime/kernel-measurements.ts';
import type { TuningReport } from '../../runtime/tune-model.ts';
import { proxy, type Remote } from 'comlink';
import { asksForFaces } from '../../generation/request/detailer.ts';
import type { Continuation } from '../../generation/request/continuation.ts';
import type { DeviceReport } from '../../runtime/device-report.ts';
import type { EngineApi } from '../../generation/run/engine-api.ts';
import type { GenerationEvent, GenerationOutcome } from '../../generation/run/events.ts';
import { askedUpscalers } from '../../generation/request/upscalers.ts';
import type { GenerationParameters, RequestSize, SizedRequest } from '../../generation/request/request.ts';
import type { BenchmarkProgress } from '../../generation/run/benchmark.ts';
import type { BenchmarkResult } from '../../generation/run/benchmark-report.ts';
import type { ExtrasEvent, ExtrasOrder, ExtrasOutcome } from '../../generation/run/extras-run.ts';
import type { PreprocessOrder, PreprocessOutcome } from '../../generation/run/preprocessing.ts';
import type { NetworkEvent } from '../../runtime/network-event.ts';
import type { TrialOrder } from '../../generation/run/trial.ts';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from '../../generation/run/run-options.ts';
import { Failure, toFailure } from '../failure.ts';
import { startWorker } from './start-worker.ts';
import { WorkerLink } from './worker-link.ts';
import { failures as t } from '../strings/failures.ts';

/** Networks besides a checkpoint's that work asks for. */
export interface Needs {
  /** Of those that need a file, by name. */
  readonly upscalers: readonly string[];
  /** Something that finds faces. */
  readonly faces: boolean;
  /** Something that finds colours. */
  readonly colors?: boolean;
}

/** Puts what of these comes with Darkroom into the library. Rejects with an Error for people. */
export type Bring = (needs: Needs) => Promise<void>;

/** A worker's life with an engine that has started. */
interface Started {
  readonly link: WorkerLink<EngineApi>;
  readonly report: DeviceReport;
}

const NOTHING: Needs = { upscalers: [], faces: false };

/** Tuning that is under way, or about to begin. */
interface Tuning {
  readonly done: Promise<unknown>;
  /** Keeps it from beginning. */
  end(): void;
}

/** Every method rejects with a Failure. */
export class EngineClient {
  /** What the engine found; null until it has started. */
  report = $state.raw<DeviceReport | null>(null);
  /** Networks that are loaded, and whose kernels compute them, as it was after the last work. */
  loaded = $state.raw<readonly LoadedNetwork[]>([]);
  #link = $state.raw<WorkerLink<EngineApi> | null>(null);
  #started: { readonly cpu: boolean; readonly report: Promise<DeviceReport> } | null = null;
  readonly #spawn: () => Worker;
  readonly #options: () => RunOptions;
  readonly #bring: Bring;
  /** Tuning, which any other work ends. */
  #tuning: Tuning | null = null;
  /** How often it was stopped. */
  #stops = 0;
  /** What the worker goes by. */
  #told = DEFAULT_RUN_OPTIONS;

  /** `options`: what the person set, asked for before each job. `bring`: so that work finds what it asks for and comes with Darkroom. */
  constructor(
    spawn: () => Worker = () => startWorker('engine'),
    options: () => RunOptions = () => DEFAULT_RUN_OPTIONS,
    bring: Bring = async () => undefined,
  ) {
    this.#spawn = spawn;
    this.#options = options;
    this.#bring = bring;
  }

  /** Starts the engine on the GPU or on the processor, unless it runs that way already. */
  async start(cpu: boolean): Promise<DeviceReport> {
    return (await this.#begin(cpu)).report;
  }

  /** With the worker that was started: should it be stopped meanwhile, calls to it reject, and no other one is started in its place. */
  async #begin(
    cpu: boolean,
  ): Promise<{ readonly link: WorkerLink<EngineApi>; readonly report: DeviceReport }> {
    if (this.#started && this.#started.cpu !== cpu) this.stop();
    const link = this.#alive();
    if (!this.#started) {
      const report = link.call((engine) => engine.start({ cpu }));
      const started = { cpu, report };
      this.#started = started;
      // A start that failed is tried again next time.
      report.catch(() => {
        if (this.#started === started) this.#started = null;
      });
    }
    const report = await this.#started.report;
    if (this.#link === link) this.report = report;
    return { link, report };
  }

  /** Starts the engine where necessary, loads the model where necessary, makes the pictures. */
  async generate(
    sha256: string,
    parameters: GenerationParameters,
    cpu: boolean,
    onEvent: (event: GenerationEvent) => void,
    continuation?: Continuation,
  ): Promise<GenerationOutcome> {
    return this.#withGpu(
      cpu,
      (engine) => engine.generate(sha256, parameters, proxy(onEvent), continuation),
      needsOf(parameters),
    );
  }

  /** ... at each position, and keeps none. */
  async tryOut(
    order: TrialOrder,
    cpu: boolean,
    onEvent: (event: GenerationEvent) => void,
  ): Promise<GenerationOutcome> {
    return this.#withGpu(cpu, (engine) => engine.tryOut(order, proxy(onEvent)), needsOf(order.parameters));
  }

  /** Starts the engine and loads the model, where necessary, without making a picture. */
  async load(sha256: string, cpu: boolean, onEvent: (event: GenerationEvent) => void): Promise<void> {
    await this.#withGpu(cpu, (engine) => engine.load(sha256, proxy(onEvent)));
  }

  /** Works on pictures; `interrupt` stops that. Without a network in it, it needs no GPU. */
  async extras(
    order: ExtrasOrder,
    cpu: boolean,
    needs: Needs,
    onEvent: (event: ExtrasEvent) => void,
  ): Promise<ExtrasOutcome> {
    const work = (engine: Remote<EngineApi>) => engine.extras(order, proxy(onEvent));
    return isNeeding(needs) ? this.#withGpu(cpu, work, needs) : this.#withoutNetworks(cpu, work);
  }

  /**
   * A preprocessor's map of a picture, to look at; `interrupt` stops that. `network`: whether it runs one. Without, it needs no GPU.
   */
  async preprocess(
    order: PreprocessOrder,
    cpu: boolean,
    network: boolean,
    onEvent: (event: NetworkEvent) => void,
  ): Promise<PreprocessOutcome> {
    const work = (engine: Remote<EngineApi>) => engine.preprocess(order, proxy(onEvent));
    return network ? this.#withGpu(cpu, work) : this.#withoutNetworks(cpu, work);
  }

  /** Measures a model; `interrupt` stops that. */
  async benchmark(
    sha256: string,
    request: SizedRequest,
    cpu: boolean,
    onProgress: (progress: BenchmarkProgress) => void,
  ): Promise<BenchmarkResult> {
    return this.#withGpu(cpu, (engine) => engine.benchmark(sha256, request, proxy(onProgress)));
  }

  /** Milliseconds of a step at a size; `interrupt` stops that. */
  async stepTime(
    sha256: string,
    size: RequestSize,
    cpu: boolean,
    onEvent: (event: GenerationEvent) => void,
  ): Promise<number> {
    return this.#withGpu(cpu, (engine) => engine.stepTime(sha256, size, proxy(onEvent)));
  }

  /** See EngineApi. It gives way to any other work. */
  async tuneKernels(
    sha256: string,
    size: RequestSize,
    onReport: (report: TuningReport) => void,
  ): Promise<KernelReport | null> {
    const state = { ended: false };
    const done = this.#withGpu(false, async (engine) =>
      // It may have been ended before it could begin.
      state.ended ? null : engine.tuneKernels(sha256, size, proxy(onReport)),
    );
    const tuning = { done, end: () => (state.ended = true) };
    this.#tuning = tuning;
    try {
      return await done;
    } finally {
      if (this.#tuning === tuning) this.#tuning = null;
    }
  }

  /** What was measured of kernels on this card; null before the engine has started. */
  async kernelReport(): Promise<KernelReport | null> {
    return (this.#started && (await this.#link?.call((engine) => engine.kernelReport()))) ?? null;
  }

  async forgetKernels(): Promise<KernelReport | null> {
    return (this.#started && (await this.#link?.call((engine) => engine.forgetKernels()))) ?? null;
  }

  async interrupt(): Promise<void> {
    if (this.#started) await this.#link?.call((engine) => engine.interrupt());
  }

  async skip(): Promise<void> {
    if (this.#started) await this.#link?.call((engine) => engine.skip());
  }

  /** Gives the GPU's memory back. */
  async unload(): Promise<void> {
    if (this.#started) await this.#link?.call((engine) => engine.unload());
    await this.lookAtLoaded();
  }

  /** Brings `loaded` up to date. */
  async lookAtLoaded(): Promise<void> {
    const link = this.#started && this.#link;
    const loaded = await link?.call((engine) => engine.loadedNetworks()).catch(() => []);
    if (this.#link === link) this.loaded = loaded ?? [];
  }

  /** Null without a GPU. */
  async gpuMemory(): Promise<GpuMemoryUse | null> {
    return (this.#started && (await this.#link?.call((engine) => engine.gpuMemory()))) ?? null;
  }

  /** Loads nothing. */
  async estimateMemory(sha256: string, request: SizedRequest, options: RunOptions, cpu = false) {
    return this.#alive().call((engine) => engine.estimateMemory(sha256, request, options, cpu));
  }

  /** Ends the worker, whatever it does. Pending calls reject. */
  stop(): void {
    this.#stops += 1;
    this.#link?.stop();
    this.#link = null;
    this.#started = null;
    this.report = null;
    this.loaded = [];
  }

  async #withoutNetworks<T>(cpu: boolean, work: (engine: Remote<EngineApi>) => Promise<T>): Promise<T> {
    // As it was started, where it was: its models stay loaded.
    const { link } = await this.#startFor(NOTHING, () => this.#started?.cpu ?? cpu);
    return link.call(work);
  }

  /** Starts the engine for work. Rejects where it is stopped on the way: nothing is to be started any more. */
  async #startFor(needs: Needs, cpu: () => boolean): Promise<Started> {
    const stops = this.#stops;
    if (isNeeding(needs)) {
      try {
        await this.#bring(needs);
      } catch (error) {
        throw toFailure(error);
      }
    }
    if (this.#tuning) await this.#end(this.#tuning);
    if (this.#stops !== stops) throw new Failure('worker-died', t.workerEnded(t.workers.engine));
    return this.#begin(cpu());
  }

  async #withGpu<T>(
    cpu: boolean,
    work: (engine: Remote<EngineApi>) => Promise<T>,
    needs: Needs = NOTHING,
  ): Promise<T> {
    const { link, report } = await this.#startFor(needs, () => cpu);
    if (report.backend === null) {
      throw new Failure('no-webgpu', report.problem ?? t.noWebGpu);
    }
    try {
      return await link.call(async (engine) => {
        await this.#tellOptions(engine);
        return work(engine);
      });
    } catch (error) {
      const { code } = error as { code: string };
      // Its memory only surely returns, and a lost device is only surely replaced, with a new worker.
      if (code === 'device-lost' || code === 'out-of-memory') this.stop();
      throw error;
    } finally {
      await this.lookAtLoaded();
    }
  }

  async #end(tuning: Tuning): Promise<void> {
    tuning.end();
    await this.interrupt();
    await tuning.done.catch(() => undefined);
  }

  async #tellOptions(engine: Remote<EngineApi>): Promise<void> {
    const options = this.#options();
    if (JSON.stringify(options) === JSON.stringify(this.#told)) return;
    await engine.setOptions(options);
    this.#told = options;
  }

  #alive(): WorkerLink<EngineApi> {
    if (this.#link?.dead) this.stop();
    if (!this.#link) {
      this.#link = new WorkerLink<EngineApi>(this.#spawn(), 'engine');
      this.#told = DEFAULT_RUN_OPTIONS;
    }
    return this.#link;
  }
}

/** What a request asks for. */
function needsOf(parameters: GenerationParameters): Needs {
  return {
    upscalers: askedUpscalers(parameters).map(({ name }) => name),
    faces: parameters.settings.faceRestoration || asksForFaces(parameters.detailer),
  };
}

function isNeeding({ upscalers, faces, colors = false }: Needs): boolean {
  return upscalers.length > 0 || faces || colors;
}
