// One request for pictures, and what is told about it while it runs. The page, the queue and the worker all speak it.
import type { Prediction } from '../models/types.ts';
import type { TokenCount } from '../prompt/counter.ts';
import type { BenchmarkProgress } from './benchmark.ts';
import type { BenchmarkResult } from './benchmark-report.ts';
import type { MemoryOptions, MemoryPlan } from './memory-options.ts';
import type { Seed } from './seeds.ts';
import { DEFAULT_IMAGE_SETTINGS, type ImageSettings } from './image-settings.ts';

/** Everything that decides the pictures, with A1111's meanings. `seed` is resolved (never -1) once a job runs. */
export interface GenerationParameters {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** 1 - 150 on the slider; more where a text or a program asks for it (validate.ts), as for the others below. */
  readonly steps: number;
  /** A1111's name: "Euler a". */
  readonly sampler: string;
  /** A1111's name: "Automatic", "Karras". */
  readonly scheduler: string;
  /** 1 - 30. */
  readonly cfgScale: number;
  /** Pixels, multiples of 8 from 64 to 2048. */
  readonly width: number;
  readonly height: number;
  /** 64 bits; -1 asks for a random one. */
  readonly seed: Seed;
  readonly batchSize: number;
  readonly batchCount: number;
  /** 1 = last layer. */
  readonly clipSkip: number;
  /** Source of noise. "GPU" and "NV" give the same numbers (Philox). */
  readonly rng: 'GPU' | 'CPU' | 'NV';
  /** Eta noise seed delta. */
  readonly ensd: number;
  /** Variation seed; -1 asks for a random one. */
  readonly subseed: Seed;
  /** Variation strength, 0..1: 0 leaves the variation seed out. */
  readonly subseedStrength: number;
  /** Size in pixels that the noise is taken from; 0 for the picture's own. */
  readonly seedResizeFromWidth: number;
  readonly seedResizeFromHeight: number;
  readonly settings: ImageSettings;
}

/** What decides how much memory a request needs. */
export type RequestSize = Pick<GenerationParameters, 'width' | 'height' | 'batchSize'>;

/** A1111's defaults. */
export const DEFAULT_PARAMETERS: GenerationParameters = {
  prompt: '',
  negativePrompt: '',
  steps: 20,
  sampler: 'DPM++ 2M',
  scheduler: 'Automatic',
  cfgScale: 7,
  width: 512,
  height: 512,
  seed: -1,
  batchSize: 1,
  batchCount: 1,
  clipSkip: 1,
  rng: 'GPU',
  ensd: 0,
  subseed: -1,
  subseedStrength: 0,
  seedResizeFromWidth: 0,
  seedResizeFromHeight: 0,
  settings: DEFAULT_IMAGE_SETTINGS,
};

/** Where the networks run. */
export type Backend = 'webgpu' | 'cpu';

/** What the engine found at start-up. */
export interface DeviceReport {
  readonly backend: Backend | null;
  /** Why there is no WebGPU, said to a person, with what to do; null when there is. */
  readonly problem: string | null;
  readonly adapter: string;
  readonly shaderF16: boolean;
  readonly subgroups: boolean;
  /** Bytes. */
  readonly maxBufferSize: number;
  /** Rendered in software (SwiftShader, lavapipe): slow. */
  readonly software: boolean;
}

export type GenerationEvent =
  | { readonly type: 'status'; readonly message: string }
  /** Weights are being read: 0..1. */
  | { readonly type: 'loading'; readonly what: string; readonly fraction: number }
  | {
      readonly type: 'step';
      /** Batch index, 0-based, of `batchCount`. */
      readonly batch: number;
      readonly batchCount: number;
      /** Steps done of this batch. */
      readonly step: number;
      readonly steps: number;
      /** Milliseconds since the job started, and until it ends as far as known (null at first). */
      readonly elapsedMs: number;
      readonly remainingMs: number | null;
    }
  /** Small RGBA picture of what is emerging, one per image of the batch. */
  | {
      readonly type: 'preview';
      readonly width: number;
      readonly height: number;
      readonly images: readonly Uint8ClampedArray<ArrayBuffer>[];
    }
  /** A finished picture, already in the library. */
  | {
      readonly type: 'image';
      readonly id: string;
      readonly png: Blob;
      readonly seed: Seed;
      readonly parameters: string;
      readonly interrupted: boolean;
    }
  | { readonly type: 'warning'; readonly message: string }
  /** For a continuation: what it takes to come back to this point. */
  | {
      readonly type: 'evaluation';
      /** Batch index, 0-based. */
      readonly batch: number;
      /** Place among the evaluations of the batch; earlier ones at this place and after it are void. */
      readonly index: number;
      readonly evaluation: Evaluation;
    };

/** One call of the UNet. */
export interface Evaluation {
  /** Digest of what was asked: an answer counts only for the same question. */
  readonly input: number;
  /** [items, latentChannels, height, width]. */
  readonly output: Float32Array;
}

/** Lets a request go on where it was cut short, to the same pictures. Without a past it records what a later one needs. */
export interface Continuation {
  /** Picture i is kept as `<id>-<i>`, so that one that is made twice is kept once. */
  readonly id: string;
  /** Pictures that are done. */
  readonly pictures: number;
  /** Those of the batch that was under way, in order. */
  readonly evaluations: readonly Evaluation[];
}

export interface GenerationOutcome {
  readonly status: 'finished' | 'interrupted';
  readonly imageIds: readonly string[];
}

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

/** What prompt editing and AND need to know to be counted. */
export interface TokenCountOptions {
  readonly steps?: number;
  readonly negative?: boolean;
  /** Those that change how a prompt is cut into tokens; A1111's defaults for those left out. */
  readonly settings?: Partial<Pick<ImageSettings, 'emphasis' | 'commaBacktrack' | 'curlyBraces'>>;
}

/** workers/engine.ts, seen through comlink. One job at a time. Rejections are Errors whose message a person can read. */
export interface EngineApi {
  /** Finds the GPU (or says why there is none). `cpu`: the processor is to compute. */
  start(options: { readonly cpu: boolean }): Promise<DeviceReport>;
  /** How to keep within the GPU's memory, from the next job on. */
  setMemory(options: MemoryOptions): Promise<void>;
  /**
   * What pictures of a size would take of the GPU's memory, before anything is loaded; `cpu`: of what wasm can hold. Null
   * where that cannot be told.
   */
  estimateMemory(
    sha256: string,
    size: RequestSize,
    options: MemoryOptions,
    cpu: boolean,
  ): Promise<(MemoryPlan & { readonly room: number }) | null>;
  /** Bytes of the GPU's memory that the engine's buffers hold; null without a GPU. */
  gpuMemory(): Promise<number | null>;
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
  /** Loads a model anew and measures it; `interrupt` stops that. */
  benchmark(
    sha256: string,
    size: RequestSize,
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

/** workers/tokens.ts, seen through comlink. */
export interface TokensApi {
  /** Tokens used and the room of the chunks they need ("12/75"). Needs no GPU and no model. */
  countTokens(prompt: string, options?: TokenCountOptions): Promise<TokenCount>;
}
