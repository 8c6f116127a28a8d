// `window.darkroom`: the app driven by a program instead of a person (docs/api.md). The command line, the server for A1111's clients and
// the tests use it. It is loaded and put there only where it is wanted.
//
// It goes through the same clients and workers as the page, and shows nothing on it. Methods reject with an Error whose
// message a person can read.
import type { GpuMemoryUse } from '../runtime/gpu-memory.ts';
import type { KernelSetting, LoadedNetwork } from '../runtime/kernel-choice.ts';
import type { BenchmarkProgress } from '../generation/run/benchmark.ts';
import type { BenchmarkResult } from '../generation/run/benchmark-report.ts';
import type { MemoryOptions } from '../generation/run/memory-options.ts';
import type { RunOptions } from '../generation/run/run-options.ts';
import type { DeviceReport } from '../runtime/device-report.ts';
import type { ExtrasEvent, ExtrasOrder, ExtrasOutcome } from '../generation/run/extras-run.ts';
import type { GenerationEvent, GenerationOutcome } from '../generation/run/events.ts';
import type { GenerationParameters, SizedRequest } from '../generation/request/request.ts';
import {
  IMPORT_OPTIONS,
  type ImportOptions,
  type ImportOutcome,
  type ImportProgress,
} from '../library/import-types.ts';
import type { MergeOrder, MergeOutcome, MergeProgress } from '../merging/merge-types.ts';
import { askedOfExtras, looksForFaces } from '../finishing/extras-request.ts';
import type { SavedAs } from '../library/saved-as.ts';
import { ImporterClient } from './clients/importer-client.svelte.ts';
import { deleteImages, readImages } from '../library/images.ts';
import { listModels } from '../library/models.ts';
import type { StoredImage, StoredModel } from '../library/types.ts';
import type { App } from './state/app.svelte.ts';
import type { ProcessorChoice } from './state/processor.svelte.ts';

export interface DarkroomAutomation {
  /** Finds the GPU, or says why there is none. `cpu`: the processor is to compute. */
  start(cpu: boolean): Promise<DeviceReport>;
  importFile(
    file: File,
    sidecar: File | null,
    options: Partial<ImportOptions>,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportOutcome>;
  /** Models of the library, or files, become a model of the library, or a file. */
  merge(order: Omit<MergeOrder, 'id'>, onProgress: (progress: MergeProgress) => void): Promise<MergeOutcome>;
  /** Settings > Graphics memory, kept as if a person had set it. */
  setMemory(options: MemoryOptions): void;
  /** Settings > GPU kernels, likewise. */
  useKernels(setting: KernelSetting): void;
  /** Settings > Paint on, likewise. */
  paintOn(processor: ProcessorChoice): void;
  /** Loads a model of the library without making a picture. */
  load(sha256: string, cpu: boolean, onEvent: (event: GenerationEvent) => void): Promise<void>;
  /** Gives the loaded model's memory back. */
  unload(): Promise<void>;
  /** The GPU's memory in use; null without a GPU. */
  gpuMemory(): Promise<GpuMemoryUse | null>;
  /** Bytes of it that the page shows for pictures of a size; null where that cannot be told. */
  estimateMemory(sha256: string, request: SizedRequest, options: RunOptions): Promise<number | null>;
  /** Networks that are loaded, and whose kernels compute them. */
  loadedNetworks(): readonly LoadedNetwork[];
  /** Makes pictures with a model of the library; each is told by an `image` event and kept in the library. */
  generate(
    sha256: string,
    parameters: GenerationParameters,
    cpu: boolean,
    onEvent: (event: GenerationEvent) => void,
  ): Promise<GenerationOutcome>;
  /** Loads a model anew and measures it. */
  benchmark(
    sha256: string,
    request: SizedRequest,
    cpu: boolean,
    onProgress: (progress: BenchmarkProgress) => void,
  ): Promise<BenchmarkResult>;
  /** Works on pictures as the Extras tab does; each result is told by a `made` event and kept in the library. */
  extras(order: ExtrasOrder, cpu: boolean, onEvent: (event: ExtrasEvent) => void): Promise<ExtrasOutcome>;
  /** Stops after the step that runs; what is there is kept. */
  interrupt(): Promise<void>;
  /** Stops the batch that runs, and goes on with the next. */
  skip(): Promise<void>;
  /** A picture in another format, with its parameters text in it. */
  convert(png: Blob, parameters: string, how: SavedAs): Promise<Blob>;
  listModels(): Promise<StoredModel[]>;
  listImages(): Promise<StoredImage[]>;
  deleteImages(ids: readonly string[]): Promise<void>;
}

declare global {
  interface Window {
    darkroom: DarkroomAutomation;
  }
}

/** Puts it there. */
export function exposeAutomation(app: App): void {
  const { engine, settings } = app;
  const importer = new ImporterClient();
  window.darkroom = {
    start: (cpu) => engine.start(cpu),
    importFile: (file, sidecar, options, onProgress) =>
      importer.importFile(
        { id: crypto.randomUUID(), file, sidecar, options: { ...IMPORT_OPTIONS, ...options } },
        onProgress,
      ),
    async merge(order, onProgress) {
      const { MergerClient } = await import('./clients/merger-client.ts');
      return new MergerClient().merge({ ...order, id: crypto.randomUUID() }, onProgress);
    },
    setMemory: (options) => (settings.device.memory = options),
    useKernels: (setting) => (settings.device.kernels = setting),
    paintOn: (processor) => app.paintOn(processor),
    load: (...args) => engine.load(...args),
    unload: () => engine.unload(),
    loadedNetworks: () => engine.loaded,
    gpuMemory: () => engine.gpuMemory(),
    estimateMemory: async (...args) => (await engine.estimateMemory(...args, false))?.bytes ?? null,
    generate: (...args) => engine.generate(...args),
    benchmark: (...args) => engine.benchmark(...args),
    extras: (order, cpu, onEvent) => {
      const upscalers = askedOfExtras(order.request).map(({ name }) => name);
      return engine.extras(order, cpu, { upscalers, faces: looksForFaces(order.request) }, onEvent);
    },
    interrupt: () => engine.interrupt(),
    skip: () => engine.skip(),
    convert: async (png, parameters, how) => {
      const { convertedPicture } = await import('../library/picture-export.ts');
      return (await convertedPicture(png, parameters, how)).file;
    },
    listModels,
    listImages: readImages,
    deleteImages: async (ids) => void (await deleteImages(ids)),
  };
}
