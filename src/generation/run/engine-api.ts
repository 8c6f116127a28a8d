// workers/engine.ts, as the page sees it.
import type { GpuMemoryUse } from '../../runtime/gpu-memory.ts';
import type { NetworkEvent } from '../../runtime/network-event.ts';
import type { Prediction } from '../../sampling/types.ts';
import type { DeviceReport } from '../../runtime/device-report.ts';
import type { LoadedNetwork } from '../../runtime/kernel-choice.ts';
import type { KernelReport } from '../../runtime/kernel-measurements.ts';
import type { TuningReport } from '../../runtime/tune-model.ts';
import type { Continuation } from '../request/continuation.ts';
import type { GenerationParameters, RequestSize, SizedRequest } from '../request/request.ts';
import type { BenchmarkProgress } from './benchmark.ts';
import type { BenchmarkResult } from './benchmark-report.ts';
import type { GenerationEvent, GenerationOutcome } from './events.ts';
import type { ExtrasEvent, ExtrasOrder, ExtrasOutcome } from './extras-run.ts';
import type { PreprocessOrder, PreprocessOutcome } from './preprocessing.ts';
import type { MemoryPlan } from './memory-options.ts';
import type { RunOptions } from './run-options.ts';
import type { TrialOrder } from './trial.ts';

/** Failures the page can do something about. They cross the worker boundary as plain objects. */
export interface EngineFailure {
  readonly code:
    | 'no-webgpu'
    | 'device-lost'
    | 'out-of-memory'
    | 'not-finite'
    | 'model-missing'
    | 'model-unsupported'
    | 'bad-parameters'
    | 'storage-full'
    | 'internal';
  readonly message: string;
}

/** Seen through comlink. One job at a time. Rejections are Errors whose message a person can read. */
export interface EngineApi {
  /** Finds the GPU (or says why there is none). `cpu`: the processor is to compute. */
  start(options: { readonly cpu: boolean }): Promise<DeviceReport>;
  /** How networks are computed, from the next job on. */
  setOptions(options: RunOptions): Promise<void>;
  /**
   * What pictures of a size would take of the GPU's memory, before anything is loaded; `cpu`: of what wasm can hold. Null
   * where that cannot be told.
   */
  estimateMemory(
    sha256: string,
    request: SizedRequest,
    options: RunOptions,
    cpu: boolean,
  ): Promise<(MemoryPlan & { readonly room: number }) | null>;
  /**
   * Fits our kernels to the card by a model at a size, and compares them with onnxruntime's. `interrupt` stops that; then it is null,
   * and what was known before counts.
   */
  tuneKernels(
    sha256: string,
    size: RequestSize,
    onReport: (report: TuningReport) => void,
  ): Promise<KernelReport | null>;
  /** What was measured of kernels on this card. */
  kernelReport(): Promise<KernelReport>;
  forgetKernels(): Promise<KernelReport>;
  /** Networks that are loaded, and whose kernels compute them. */
  loadedNetworks(): Promise<readonly LoadedNetwork[]>;
  /** The GPU's memory that the engine's buffers hold; null without a GPU. */
  gpuMemory(): Promise<GpuMemoryUse | null>;
  /** Loads a model of the library, unless it is the one loaded. Returns how its prediction type was settled. */
  load(
    sha256: string,
    onEvent: (event: GenerationEvent) => void,
  ): Promise<{ readonly prediction: Prediction }>;
  generate(
    sha256: string,
    parameters: GenerationParameters,
    onEvent: (event: GenerationEvent) => void,
    continuation?: Continuation,
  ): Promise<GenerationOutcome>;
  /**
   * Paints a request at each position, one after the other; the pictures' numbers are the positions'. Nothing is kept. `interrupt` stops
   * it.
   */
  tryOut(order: TrialOrder, onEvent: (event: GenerationEvent) => void): Promise<GenerationOutcome>;
  /** Works on pictures as the Extras tab asks; `interrupt` stops that, `skip` goes on with the next picture. */
  extras(order: ExtrasOrder, onEvent: (event: ExtrasEvent) => void): Promise<ExtrasOutcome>;
  /** A preprocessor's map of a picture, to look at; `interrupt` stops that. */
  preprocess(order: PreprocessOrder, onEvent: (event: NetworkEvent) => void): Promise<PreprocessOutcome>;
  /** Loads a model anew and measures it; `interrupt` stops that. */
  benchmark(
    sha256: string,
    request: SizedRequest,
    onProgress: (progress: BenchmarkProgress) => void,
  ): Promise<BenchmarkResult>;
  /** Loads a model where necessary, and times a step at a size, in milliseconds; `interrupt` stops that. */
  stepTime(sha256: string, size: RequestSize, onEvent: (event: GenerationEvent) => void): Promise<number>;
  /** Stops after the step that runs; what is there is decoded and kept. */
  interrupt(): Promise<void>;
  /** Ends the current batch likewise and goes on with the next. */
  skip(): Promise<void>;
  /** Frees the GPU's memory. */
  unload(): Promise<void>;
}
