// The one import of onnxruntime-web. Its native WebGPU build runs on the CPU as well.
import * as ort from 'onnxruntime-web/webgpu';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { Mutex } from './mutex.ts';

ort.env.wasm.wasmPaths = { wasm: new URL(wasmUrl, import.meta.url).href };
// Threads need SharedArrayBuffer, which a page has only when its server sends the isolation headers.
ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
ort.env.logLevel = 'error';

/** Every call into onnxruntime goes through this. */
export const ortMutex = new Mutex();

export { ort };
