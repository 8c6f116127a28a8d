// The built app in a headless Chromium, driven through `window.darkroom` (src/ui/automation.ts).
import { join } from 'node:path';
import { chromium, type BrowserContext, type ElementHandle, type Page } from '@playwright/test';
import type { BenchmarkProgress } from '../src/generation/run/benchmark.ts';
import type { BenchmarkResult } from '../src/generation/run/benchmark-report.ts';
import type { MemoryOptions } from '../src/generation/run/memory-options.ts';
import type { RunOptions } from '../src/generation/run/run-options.ts';
import type { DeviceReport } from '../src/runtime/device-report.ts';
import type { GenerationEvent, GenerationOutcome } from '../src/generation/run/events.ts';
import type { GpuMemoryUse } from '../src/runtime/gpu-memory.ts';
import type { KernelSetting, LoadedNetwork } from '../src/runtime/kernel-choice.ts';
import type { GenerationParameters, RequestSize } from '../src/generation/request/request.ts';
import type { SourcePicture } from '../src/generation/request/source-picture.ts';
import type { ImportOutcome, ImportProgress } from '../src/library/import-types.ts';
import type {} from '../src/ui/automation.ts';
import { ensureBrowser, HARDWARE_WEBGPU_FLAGS, SOFTWARE_WEBGPU_FLAGS } from './browser.js';
import { ensureBuilt } from './build.js';
import { ROOT } from './process.js';
import { serve } from './serve.js';

/** `auto`: the graphics card, or software rendering where the browser offers no card. `cpu`: without WebGPU. */
export type Processor = 'auto' | 'software' | 'cpu';

/** A finished picture, as bytes. */
export interface Picture {
  /** In the library. */
  readonly id: string;
  readonly png: Buffer;
  /** In decimal: it may have 64 bits. */
  readonly seed: string;
  readonly parameters: string;
}

/** What the page's callbacks tell; a picture's bytes travel as base64. */
type Message =
  | { readonly kind: 'import'; readonly progress: ImportProgress }
  | { readonly kind: 'benchmark'; readonly progress: BenchmarkProgress }
  | { readonly kind: 'event'; readonly event: Exclude<GenerationEvent, { type: 'image' | 'preview' }> }
  | { readonly kind: 'preview'; readonly png: string }
  | {
      readonly kind: 'picture';
      readonly id: string;
      readonly png: string;
      readonly seed: string;
      readonly parameters: string;
    };

declare global {
  interface Window {
    /** Bound by `App.open`. */
    tellScript(message: Message): Promise<void>;
  }
}

export class App {
  #listener: (message: Message) => void = () => undefined;

  private constructor(
    readonly page: Page,
    /** What the engine runs on. */
    readonly device: DeviceReport,
    readonly processor: Processor,
    private readonly context: BrowserContext,
    private readonly closeServer: () => Promise<void>,
  ) {}

  /**
   * Builds and serves the app where necessary and opens it. `profile`: the folder that keeps the browser's storage, and
   * with it the imported models. Rejects when no browser can be had or the engine does not start.
   */
  static async open(profile: string, processor: Processor): Promise<App> {
    await ensureBuilt();
    const executablePath = await ensureBrowser();
    const server = await serve({ '/': join(ROOT, 'dist') });
    try {
      const attempts =
        processor === 'auto' ? [HARDWARE_WEBGPU_FLAGS, SOFTWARE_WEBGPU_FLAGS] : [SOFTWARE_WEBGPU_FLAGS];
      let problem = '';
      for (const flags of attempts) {
        // Storage belongs to an address; the server's port changes from run to run, so the address must not show it.
        const address = `--host-resolver-rules=MAP darkroom.localhost:80 ${new URL(server.url).host}`;
        const context = await chromium.launchPersistentContext(profile, {
          executablePath,
          args: [...flags, address],
          handleSIGINT: false,
          // A profile is kept from run to run; its page must be the one that was built last.
          serviceWorkers: 'block',
        });
        const page = context.pages()[0] ?? (await context.newPage());
        await page.goto('http://darkroom.localhost/');
        await page.waitForFunction(() => 'darkroom' in window);
        const device = await page.evaluate((cpu) => window.darkroom.start(cpu), processor === 'cpu');
        if (device.backend !== null) {
          const app = new App(page, device, processor, context, () => server.close());
          await page.exposeFunction('tellScript', (message: Message) => app.#listener(message));
          return app;
        }
        problem = device.problem ?? 'The browser offers no WebGPU.';
        await context.close();
      }
      throw new Error(problem);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Imports a checkpoint of any size; one that is there already is recognised. Rejects with what is wrong with it. */
  async importFile(
    file: string,
    sidecar: string | null,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Exclude<ImportOutcome, { status: 'cancelled' }>> {
    this.#listener = (message) => {
      if (message.kind === 'import') onProgress(message.progress);
    };
    // The browser opens the file by its path: nothing of it passes through here.
    const input = await this.#fileInput();
    await input.setInputFiles(sidecar === null ? [file] : [file, sidecar]);
    const outcome = await input.evaluate((element) => {
      const [file, sidecar] = element.files ?? [];
      if (!file) throw new Error('The browser got no file.');
      return window.darkroom.importFile(file, sidecar ?? null, {}, (progress) => {
        void window.tellScript({ kind: 'import', progress });
      });
    });
    if (outcome.status === 'cancelled') throw new Error('The import was cancelled.');
    return outcome;
  }

  /** A weighted sum of two files, into the library or a file of the browser's. `recipe`: with it in the metadata. */
  async merge(
    files: readonly [string, string],
    target: 'library' | 'download',
    recipe: boolean,
  ): Promise<void> {
    const input = await this.#fileInput();
    await input.setInputFiles([...files]);
    const status = await input.evaluate(
      async (element, { target, recipe }) => {
        const models = [...(element.files ?? [])].map(
          (file) => ({ kind: 'file', file, sidecar: null }) as const,
        );
        const [a = null, b = null] = models;
        const outcome = await window.darkroom.merge(
          {
            ...{ a, b, c: null, vae: null, customName: '', configSource: "Don't" },
            settings: {
              method: 'Weighted sum',
              multiplier: 0.3,
              blocks: null,
              precision: 'float32',
              discard: '',
            },
            metadata: { saveMetadata: recipe, addRecipe: recipe, copyFields: recipe, json: '{}' },
            target: target === 'library' ? { kind: target, allowNonFinite: false } : { kind: target },
          },
          () => undefined,
        );
        return outcome.status;
      },
      { target, recipe },
    );
    if (status !== 'kept' && status !== 'made') throw new Error(`The merge was ${status}.`);
  }

  /**
   * Seconds that a page takes to read all of the files and to write so many bytes into its storage, 32 MB at a time, as the
   * library is written.
   */
  async timeReadingAndWriting(files: readonly string[], bytes: number): Promise<number> {
    const input = await this.#fileInput();
    await input.setInputFiles([...files]);
    return input.evaluate(async (element, bytes) => {
      const PIECE = 32 << 20;
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error ?? new Error('The browser could not write.'));
        });
      const opening = indexedDB.open('darkroom-measured');
      opening.onupgradeneeded = () => opening.result.createObjectStore('entries');
      const database = await done(opening);
      const start = performance.now();
      for (const file of element.files ?? []) {
        for (let at = 0; at < file.size; at += PIECE) await file.slice(at, at + PIECE).arrayBuffer();
      }
      const piece = new Uint8Array(PIECE).fill(1);
      for (let at = 0; at < bytes; at += PIECE) {
        const blob = new Blob([piece.subarray(0, Math.min(PIECE, bytes - at))]);
        const entries = database.transaction('entries', 'readwrite').objectStore('entries');
        await done(entries.put(blob, at));
      }
      const seconds = (performance.now() - start) / 1000;
      database.close();
      await done(indexedDB.deleteDatabase('darkroom-measured'));
      return seconds;
    }, bytes);
  }

  /** How the next pictures use the GPU's memory. The profile keeps it. */
  async setMemory(options: MemoryOptions): Promise<void> {
    await this.page.evaluate((options) => window.darkroom.setMemory(options), options);
  }

  /** Whose kernels compute on the GPU. The profile keeps it. */
  async useKernels(setting: KernelSetting): Promise<void> {
    await this.page.evaluate((setting) => window.darkroom.useKernels(setting), setting);
  }

  /** Networks that are loaded, and whose kernels compute them. */
  async loadedNetworks(): Promise<readonly LoadedNetwork[]> {
    return this.page.evaluate(() => window.darkroom.loadedNetworks());
  }

  /** Makes pictures; each is handed over as soon as it is finished. `onPreview`: hears of the first picture of a batch, as PNG in base64. */
  async generate(
    sha256: string,
    parameters: GenerationParameters,
    onEvent: (event: Exclude<GenerationEvent, { type: 'image' | 'preview' }>) => void,
    onPicture: (picture: Picture) => void,
    onPreview: ((png: string) => void) | null = null,
  ): Promise<GenerationOutcome> {
    this.#listener = (message) => {
      if (message.kind === 'preview') onPreview?.(message.png);
      if (message.kind === 'event') onEvent(message.event);
      if (message.kind === 'picture') {
        onPicture({ ...message, png: Buffer.from(message.png, 'base64') });
      }
    };
    const { img2img, hires, ...txt2img } = parameters;
    // Blobs do not travel to the page; their bytes do, as base64.
    const packed = img2img && {
      ...img2img,
      source: await pack(img2img.source),
      others: await Promise.all((img2img.others ?? []).map(pack)),
      inpaint: img2img.inpaint && { ...img2img.inpaint, mask: await pack(img2img.inpaint.mask) },
    };
    const packedHires = hires && { ...hires, firstPass: hires.firstPass && (await pack(hires.firstPass)) };
    return this.page.evaluate(
      async ({ sha256, txt2img, packed, packedHires, previews, cpu }) => {
        const told: Promise<void>[] = [];
        const img2img = packed && {
          ...packed,
          source: { ...packed.source, file: blob(packed.source.file) },
          others: packed.others.map((other) => ({ ...other, file: blob(other.file) })),
          inpaint: packed.inpaint && {
            ...packed.inpaint,
            mask: { ...packed.inpaint.mask, file: blob(packed.inpaint.mask.file) },
          },
        };
        const hires = packedHires && {
          ...packedHires,
          firstPass: packedHires.firstPass && {
            ...packedHires.firstPass,
            file: blob(packedHires.firstPass.file),
          },
        };
        const parameters = { ...txt2img, img2img, hires, controlUnits: [] };
        const outcome = await window.darkroom.generate(sha256, parameters, cpu, (event) => {
          if (event.type === 'preview') {
            const { width, height, images } = event;
            if (previews && images[0]) told.push(tellPreview(new ImageData(images[0], width, height)));
          } else if (event.type === 'image') {
            const { id, parameters } = event;
            const seed = String(event.seed);
            const tell = (png: string) => window.tellScript({ kind: 'picture', id, png, seed, parameters });
            told.push(base64(event.png).then(tell));
          } else {
            told.push(window.tellScript({ kind: 'event', event }));
          }
        });
        await Promise.all(told);
        return outcome;

        function blob(bytes: string): Blob {
          return new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]);
        }

        async function tellPreview(pixels: ImageData): Promise<void> {
          const canvas = new OffscreenCanvas(pixels.width, pixels.height);
          canvas.getContext('2d')?.putImageData(pixels, 0, 0);
          await window.tellScript({ kind: 'preview', png: await base64(await canvas.convertToBlob()) });
        }

        function base64(blob: Blob): Promise<string> {
          return new Promise((resolve, reject) => {
            const reader = new FileReader();
            reader.onload = () => resolve(String(reader.result).replace(/^.*?,/, ''));
            reader.onerror = () => reject(new Error('The picture could not be read.'));
            reader.readAsDataURL(blob);
          });
        }
      },
      {
        sha256,
        txt2img,
        packed,
        packedHires,
        previews: onPreview !== null,
        cpu: this.processor === 'cpu',
      },
    );
  }

  /** Opens the page anew: milliseconds until it paints first, and until it can be used. */
  async startUp(): Promise<{ readonly firstPaint: number; readonly ready: number }> {
    await this.page.reload();
    await this.page.getByRole('link', { name: 'txt2img', exact: true }).waitFor();
    const ready = await this.page.evaluate(() => performance.now());
    // A busy browser tells of it later.
    const painted = await this.page.waitForFunction(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    );
    const times = { firstPaint: (await painted.jsonValue())!, ready };
    // The reloaded page has an engine of its own.
    await this.page.evaluate((cpu) => window.darkroom.start(cpu), this.processor === 'cpu');
    return times;
  }

  /** Writes a file into IndexedDB as it is, a piece after the other. */
  async writePieces(file: string): Promise<void> {
    const input = await this.#fileInput();
    await input.setInputFiles([file]);
    await input.evaluate(async (element) => {
      const PIECE = 64 << 20;
      const [file] = element.files ?? [];
      if (!file) throw new Error('The browser got no file.');
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error ?? new Error('IndexedDB failed.'));
        });
      const opening = indexedDB.open('darkroom-bench');
      opening.onupgradeneeded = () => opening.result.createObjectStore('pieces');
      const database = await done(opening);
      for (let at = 0; at < file.size; at += PIECE) {
        const piece = new Blob([await file.slice(at, at + PIECE).arrayBuffer()]);
        await done(database.transaction('pieces', 'readwrite').objectStore('pieces').put(piece, at));
      }
      database.close();
    });
  }

  /** Reads what `writePieces` has written, and deletes it. Gives the milliseconds that the reading took. */
  async readPieces(): Promise<number> {
    return this.page.evaluate(async () => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error ?? new Error('IndexedDB failed.'));
        });
      const database = await done(indexedDB.open('darkroom-bench'));
      const start = performance.now();
      const pieces = database.transaction('pieces').objectStore('pieces').getAll() as IDBRequest<Blob[]>;
      for (const piece of await done(pieces)) await piece.arrayBuffer();
      const time = performance.now() - start;
      database.close();
      await done(indexedDB.deleteDatabase('darkroom-bench'));
      return time;
    });
  }

  /** Measures a model; see src/generation/run/benchmark.ts. */
  async benchmark(
    sha256: string,
    size: RequestSize,
    onProgress: (progress: BenchmarkProgress) => void,
  ): Promise<BenchmarkResult> {
    this.#listener = (message) => {
      if (message.kind === 'benchmark') onProgress(message.progress);
    };
    return this.page.evaluate(
      ({ sha256, size, cpu }) =>
        window.darkroom.benchmark(sha256, size, cpu, (progress) => {
          void window.tellScript({ kind: 'benchmark', progress });
        }),
      { sha256, size, cpu: this.processor === 'cpu' },
    );
  }

  /** Loads a model without making a picture. */
  async load(sha256: string): Promise<void> {
    await this.page.evaluate(({ sha256, cpu }) => window.darkroom.load(sha256, cpu, () => undefined), {
      sha256,
      cpu: this.processor === 'cpu',
    });
  }

  /** Bytes of the GPU's memory in use; null without a GPU. */
  async gpuMemory(): Promise<GpuMemoryUse | null> {
    return this.page.evaluate(() => window.darkroom.gpuMemory());
  }

  /** Bytes of it that the page shows for pictures of a size; null where that cannot be told. */
  async estimateMemory(sha256: string, size: RequestSize, options: RunOptions): Promise<number | null> {
    return this.page.evaluate(
      ({ sha256, size, options }) => window.darkroom.estimateMemory(sha256, size, options),
      { sha256, size, options },
    );
  }

  /** Gives the loaded model's memory back. */
  async unload(): Promise<void> {
    await this.page.evaluate(() => window.darkroom.unload());
  }

  /** Ends the run after the step that is under way; its picture is still handed over. */
  async interrupt(): Promise<void> {
    await this.page.evaluate(() => window.darkroom.interrupt());
  }

  async close(): Promise<void> {
    await this.context.close();
    await this.closeServer();
  }

  async #fileInput(): Promise<ElementHandle<HTMLInputElement>> {
    return this.page.evaluateHandle(() => {
      const input = document.createElement('input');
      input.type = 'file';
      input.multiple = true;
      return input;
    });
  }
}

/** The file as base64. */
async function pack(picture: SourcePicture) {
  return { ...picture, file: Buffer.from(await picture.file.arrayBuffer()).toString('base64') };
}
