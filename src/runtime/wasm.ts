// Where onnxruntime's wasm lies: a file of the site, fetched when the first session is made.
// (wasm.single.ts stands in for this file in the single-file build.)
import type { Env } from 'onnxruntime-web/webgpu';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { blobEntrance } from '../blob-entrance.ts';

/** Tells onnxruntime where its wasm is. Once, before the first session. */
export async function provideWasm(settings: Env.WebAssemblyFlags): Promise<void> {
  settings.wasmPaths = { wasm: new URL(wasmUrl, import.meta.url).href };
  // Its threads are workers of this worker's script, which it starts itself.
  if ((settings.numThreads ?? 1) > 1) globalThis.Worker = PolicedWorker;
}

class PolicedWorker extends Worker {
  constructor(script: string | URL, options?: WorkerOptions) {
    super(blobEntrance(new URL(script).href), options);
  }
}
