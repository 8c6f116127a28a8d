// The one import of onnxruntime-web. Its native WebGPU build runs on the CPU as well.
import * as ort from 'onnxruntime-web/webgpu';
import { deviceMutex } from './device-mutex.ts';
import { provideWasm } from './wasm.ts';

// Threads need SharedArrayBuffer, which a page has only when its server sends the isolation headers.
ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
ort.env.logLevel = 'error';

let wasm: Promise<void> | undefined;

/**
 * Every call into onnxruntime goes through this. A call on the processor blocks its worker, so messages (Interrupt, Skip)
 * are let through before each: between networks that are loaded, steps, tiles and probes.
 */
export const ortMutex = {
  run<T>(work: () => Promise<T>): Promise<T> {
    return deviceMutex.run(async () => {
      await (wasm ??= provideWasm(ort.env.wasm));
      return work();
    });
  },
};

export { ort };
