// Runs networks with onnxruntime-web's WebGPU provider in Node, on Dawn: for float16, which the browser's software
// rendering lacks. For tests and measurements.
import { readFileSync } from 'node:fs';
import type * as Ort from 'onnxruntime-web/webgpu';
import { create, globals } from 'webgpu';
import type { HostTensor, Precision, WeightRef } from '../src/graph/types.ts';
import type { Network } from '../src/models/network.ts';
import { sumInFloat32 } from '../src/runtime/float32-sums.ts';
import { packGraph } from './packed-graph.ts';

export interface DawnSession<I> {
  run(inputs: I, output: string): Promise<Float32Array>;
  /** What onnxruntime logged of where the nodes went; empty where that was not asked for. */
  readonly placement: string;
  release(): Promise<void>;
}

const DIST = new URL('../node_modules/onnxruntime-web/dist/', import.meta.url);

/** onnxruntime's console output; null while it is shown. */
let logged: string[] | null = null;

export interface Dawn {
  readonly ort: typeof Ort;
  readonly device: GPUDevice;
  readonly adapter: string;
  readonly info: GPUAdapterInfo;
  /** Shaders that add up in float16 and did not let themselves be changed, by onnxruntime's names for them. */
  readonly narrowSums: ReadonlySet<string>;
}

/**
 * Dawn hides shader-f16 on NVIDIA's cards with Vulkan, where a few of WebGPU's own tests fail. Chrome on Linux has the same
 * switch (`--enable-dawn-features`), and is without float16 there unless a person gives it.
 */
export const FLOAT16_FLAG = 'enable-dawn-features=vulkan_enable_f16_on_nvidia';

export interface DawnOptions {
  /**
   * Features to have where there are any. (Not `subgroups` where they have 4 or 8 lanes, as in software: onnxruntime's
   * attention is wrong.)
   */
  readonly features?: readonly GPUFeatureName[];
  /** What float16 shaders add up in: float32 as in the app, or float16 as onnxruntime has it. */
  readonly sums?: Precision;
  /** Whether to do without shader-f16 where the device has none (false; then it is an error). */
  readonly float32?: boolean;
  /** False: shader-f16 is not asked for though it may be there. */
  readonly float16?: boolean;
  /** Told to Dawn: "disable-dawn-features=timestamp_quantization". */
  readonly flags?: readonly string[];
  /** Whether features are there that browsers do not give without being told that they may be unsafe. */
  readonly unsafe?: boolean;
}

/** Opens the WebGPU device, with shader-f16, and onnxruntime on it. Rejects when there is none. */
export async function openDawn({
  features = [],
  sums = 'float32',
  float32 = false,
  float16 = true,
  flags = [],
  unsafe = false,
}: DawnOptions = {}): Promise<Dawn> {
  Object.assign(globalThis, globals);
  const gpu = create([unsafe ? `${FLOAT16_FLAG},allow_unsafe_apis` : FLOAT16_FLAG, ...flags]);
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu, hardwareConcurrency: 1 },
    configurable: true,
  });
  copySharedMemory();
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('There is no WebGPU device.');
  if (!float32 && !adapter.features.has('shader-f16'))
    throw new Error('There is no WebGPU device with shader-f16.');
  const wanted: readonly GPUFeatureName[] = [...(float16 ? ['shader-f16' as const] : []), ...features];
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = adapter.limits;
  const { maxComputeInvocationsPerWorkgroup, maxStorageBuffersPerShaderStage } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxBufferSize,
      maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup,
      maxStorageBuffersPerShaderStage,
    },
  });

  const narrowSums = new Set<string>();
  if (sums === 'float32') {
    sumInFloat32(device, (name, outcome) => {
      if (outcome === 'unrecognised') narrowSums.add(name);
    });
  }

  keepLog();
  const ort = (await import(new URL('ort.webgpu.bundle.min.mjs', DIST).href)) as typeof Ort;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = readFileSync(new URL('ort-wasm-simd-threaded.asyncify.wasm', DIST));
  ort.env.logLevel = 'warning';
  return { ort, device, adapter: adapter.info.description, info: adapter.info, narrowSums };
}

/**
 * A session of the network in its graph's precision; `read` gives the bytes of a weight in that precision. `withPlacement`:
 * where the nodes went is asked for, which loads the network twice.
 */
export async function openDawnSession<I>(
  { ort, device }: Dawn,
  network: Network<I>,
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
  withPlacement = true,
): Promise<DawnSession<I>> {
  const { model, externalData } = await packGraph(network.graph, read);
  const options: Ort.InferenceSession.SessionOptions = {
    executionProviders: [{ name: 'webgpu', device }],
    externalData,
  };
  // A verbose session prints every shader it compiles, so one is made for its log alone.
  const lines = await loggedBy(async () => {
    if (!withPlacement) return;
    await (await ort.InferenceSession.create(model, { ...options, logSeverityLevel: 0 })).release();
  });
  const placement = lines.filter((line) => line.includes('placed on')).join('\n');
  const session = await ort.InferenceSession.create(model, { ...options, logSeverityLevel: 3 });
  return {
    placement,
    async run(inputs, output) {
      const feeds: Record<string, Ort.Tensor> = {};
      for (const [name, tensor] of Object.entries(network.feeds(inputs)))
        feeds[name] = ortTensor(ort, tensor);
      const results = await session.run(feeds, [output]);
      const data = (await results[output]?.getData()) as Float32Array;
      return data.slice();
    },
    release: () => session.release(),
  };
}

export function ortTensor(ort: typeof Ort, tensor: HostTensor): Ort.Tensor {
  switch (tensor.type) {
    case 'float32':
      return new ort.Tensor('float32', tensor.data, tensor.dims);
    case 'int32':
      return new ort.Tensor('int32', tensor.data, tensor.dims);
    case 'int64':
      return new ort.Tensor('int64', tensor.data, tensor.dims);
  }
}

/** What onnxruntime logs meanwhile, which is not shown. One at a time. */
export async function loggedBy(work: () => void | Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  logged = lines;
  try {
    await work();
  } finally {
    logged = null;
  }
  return lines;
}

/** onnxruntime logs through the console, which it takes hold of when it starts. */
function keepLog(): void {
  for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const) {
    const original = console[method].bind(console);
    console[method] = (...args: unknown[]) => {
      if (logged === null) original(...args);
      else logged.push(args.map(String).join(' '));
    };
  }
}

/** Dawn's Node binding refuses views of a SharedArrayBuffer, which the wasm heap is: they are copied. */
function copySharedMemory(): void {
  const write = GPUQueue.prototype.writeBuffer;
  GPUQueue.prototype.writeBuffer = function (buffer, bufferOffset, data, dataOffset = 0, size) {
    const unit = ArrayBuffer.isView(data) && 'BYTES_PER_ELEMENT' in data ? Number(data.BYTES_PER_ELEMENT) : 1;
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    const start = dataOffset * unit;
    const end = size === undefined ? bytes.length : start + size * unit;
    write.call(this, buffer, bufferOffset, bytes.slice(start, end));
  };
}
