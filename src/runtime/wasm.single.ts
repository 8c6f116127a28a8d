// onnxruntime's wasm in the single file: start-worker.single.ts puts it before the worker's code.
import type { Env } from 'onnxruntime-web/webgpu';
import { decodeBase64 } from '../single-file/base64.ts';
import type {} from '../single-file/parts.ts';

export async function provideWasm(settings: Env.WebAssemblyFlags): Promise<void> {
  const packed = new Blob([decodeBase64(self.darkroomWasm)]);
  const unpacked = packed.stream().pipeThrough(new DecompressionStream('gzip'));
  settings.wasmBinary = await new Response(unpacked).arrayBuffer();
  self.darkroomWasm = '';
}
