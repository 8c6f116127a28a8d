// Where onnxruntime's wasm lies: a file of the site, fetched when the first session is made.
// (wasm.single.ts stands in for this file in the single-file build.)
import type { Env } from 'onnxruntime-web/webgpu';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';

/** Tells onnxruntime where its wasm is. Once, before the first session. */
export async function provideWasm(settings: Env.WebAssemblyFlags): Promise<void> {
  settings.wasmPaths = { wasm: new URL(wasmUrl, import.meta.url).href };
}
