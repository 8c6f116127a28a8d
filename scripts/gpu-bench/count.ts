// What a step of the UNet asks of a card, counted without one: dispatches, bytes, operations, memory, and the processor's time
// for handing it over, of onnxruntime's WebGPU provider and of our own kernels. Any device will do, in software as well: what
// would be computed is withheld from it, and the weights' memory is asked for but never written.
import type { Graph } from '../../src/graph/graph.ts';
import { inferShapes, product } from '../../src/graph/shapes.ts';
import type { HostTensor, Precision, WeightRef } from '../../src/graph/types.ts';
import { unetTensors, type UNetSizes } from '../../src/models/layouts/ldm-unet.ts';
import type { Network } from '../../src/models/network.ts';
import type { UNetConfig } from '../../src/models/types.ts';
import { unetNetwork } from '../../src/models/unet.ts';
import { GpuMemory } from '../../src/runtime/gpu-memory.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import { Pipelines } from '../../src/wgsl/device/pipelines.ts';
import { Recording } from '../../src/wgsl/device/recording.ts';
import { WeightBuffers } from '../../src/wgsl/device/weight-buffers.ts';
import { BYTES } from '../../src/wgsl/tensor.ts';
import { compile, type Program } from '../../src/wgsl/program.ts';
import { trafficOf } from '../../src/wgsl/traffic.ts';
import { openDawn, ortTensor, type Dawn } from '../../tests/ort-dawn.ts';
import { flopsOf } from './flops.ts';
import { STAND_INS } from './stand-ins.ts';

export const WHOSE = ['onnxruntime', 'own'] as const;
export type Whose = (typeof WHOSE)[number];

export interface Counted {
  readonly dispatches: number;
  /** Read and written by kernels, every operand once. */
  readonly bytesMoved: number;
  readonly flops: number;
  /** Processor time of a step, all threads. */
  readonly hostMs: number;
  /** Buffers on the card at their peak, and those of them that are weights. */
  readonly peakBytes: number;
  readonly weightBytes: number;
}

interface Counting {
  readonly label: string;
  readonly sizes: UNetSizes;
  readonly heads: UNetConfig['heads'];
  /** Of a picture, along each side. */
  readonly pixels: number;
}

export const COUNTED: Readonly<Record<string, Counting>> = {
  sd15: { label: 'SD 1.5 at 512x512', sizes: STAND_INS.sd15.unet, heads: { count: 8 }, pixels: 512 },
  sd21: {
    label: 'SD 2.1 at 768x768',
    sizes: { ...STAND_INS.sd15.unet, contextDim: 1024, linearProjections: true },
    ...{ heads: { size: 64 }, pixels: 768 },
  },
  sdxl: { label: 'SDXL at 1024x1024', sizes: STAND_INS.sdxl.unet, heads: { size: 64 }, pixels: 1024 },
};

/** A picture with CFG: two samples. */
const BATCH = 2;
const TOKENS = 77;
/** Steps before, while JavaScript and wasm are still being compiled by threads of their own. */
const WARM_UP = 10;
/** Steps whose time is taken together. */
const STEPS = 10;
/** onnxruntime's offsets into a file do not reach further. */
const FILE_SIZE = 1 << 30;

/** A step of a counted model: its network, and inputs of its size. */
export function stepOf({ sizes, heads, pixels }: Omit<Counting, 'label'>, precision: Precision) {
  const shapes = unetTensors(sizes);
  const catalog = { shapeOf: (tensor: string) => shapes.get(tensor.replace('model.diffusion_model.', '')) };
  const network = unetNetwork({ ...sizes, heads }, catalog, precision);
  const side = pixels / 8;
  const feeds = network.feeds({
    x: new Float32Array(BATCH * sizes.inChannels * side * side),
    ...{ batch: BATCH, height: side, width: side, tokens: TOKENS, timesteps: [500, 500] },
    context: new Float32Array(BATCH * TOKENS * sizes.contextDim),
    ...(sizes.vectorDim === null ? {} : { vector: new Float32Array(BATCH * sizes.vectorDim) }),
  });
  return { network, feeds };
}

/** One process counts one of them: a device, and onnxruntime's memory, do not come back. */
export async function count(name: string, whose: Whose): Promise<Counted> {
  const { network, feeds } = stepOf(COUNTED[name]!, 'float16');
  // Dawn fills what nothing has written with zeros, which in software is the processor's work; here nothing is ever written.
  const dawn = await openDawn({ flags: ['disable-dawn-features=lazy_clear_resource_on_first_use'] });
  return whose === 'own' ? countOwn(dawn, network, feeds) : countOrt(dawn, network, feeds);
}

type Feeds = Readonly<Record<string, HostTensor>>;

/** Weights are zeros: numbers do not count. */
async function countOwn({ device }: Dawn, { graph }: Network<never>, feeds: Feeds): Promise<Counted> {
  const watched = watch(device);
  const zeros = new Uint8Array(largestWeight(graph.weights) * 2);
  const pipelines = new Pipelines(device);
  const read = async ({ shape }: WeightRef) => zeros.subarray(0, product(shape) * 2);
  const weights = new WeightBuffers(pipelines, read, { float16: 'native' });
  const { maxBufferSize } = device.limits;
  const program = compile(graph, feeds, ['out'], { dialect: weights.dialect, maxBufferSize });
  const recording = await Recording.create(program, weights, pipelines);
  const measured = await measure(watched, async () => void (await recording.run(feeds)));
  return { ...measured, ...workOf(program), weightBytes: weights.bytes };
}

function workOf(program: Program): { readonly bytesMoved: number; readonly flops: number } {
  return {
    bytesMoved: program.stages.steps.reduce((sum, step) => sum + trafficOf(step), 0),
    flops: program.dispatches.reduce((sum, { flops }) => sum + flops, 0),
  };
}

async function countOrt({ ort, device }: Dawn, { graph }: Network<never>, feeds: Feeds): Promise<Counted> {
  const watched = watch(device);
  let at = 0;
  const model = serializeModel(graph, ({ shape }) => {
    const bytes = product(shape) * 2;
    if ((at % FILE_SIZE) + bytes > FILE_SIZE) at = (Math.floor(at / FILE_SIZE) + 1) * FILE_SIZE;
    const place = { location: `weights-${Math.floor(at / FILE_SIZE)}`, offset: at % FILE_SIZE };
    at += bytes;
    return place;
  });
  const zeros = new Uint8Array(largestWeight(graph.weights) * 2);
  const externalData = Array.from({ length: Math.ceil(at / FILE_SIZE) }, (_, i) => ({
    path: `weights-${i}`,
    // As runtime/weights.ts hands weights over: nothing is there until it is read.
    data: Object.defineProperties(new Uint8Array(0), {
      byteLength: { value: FILE_SIZE },
      length: { value: FILE_SIZE },
      subarray: { value: (start: number, end: number) => zeros.subarray(0, end - start) },
    }),
  }));
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [{ name: 'webgpu', device }],
    externalData,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const weightBytes = watched.memory.live;
  const measured = await measure(watched, async () => {
    const tensors = Object.entries(feeds).map(([name, tensor]) => [name, ortTensor(ort, tensor)]);
    const results = await session.run(Object.fromEntries(tensors), ['out']);
    await results['out']!.getData();
    results['out']!.dispose();
  });
  return { ...measured, bytesMoved: ortTraffic(graph, feeds), flops: flopsOf(graph, feeds), weightBytes };
}

interface Watched {
  readonly memory: GpuMemory;
  dispatches: number;
  /** What is written reaches the device from now on: the weights are loaded. */
  loaded(): void;
}

function watch(device: GPUDevice): Watched {
  const { writeBuffer } = GPUQueue.prototype;
  const watched = {
    ...{ memory: new GpuMemory(device), dispatches: 0 },
    loaded: () => {
      GPUQueue.prototype.writeBuffer = writeBuffer;
    },
  };
  GPUQueue.prototype.writeBuffer = () => undefined;
  GPUCommandEncoder.prototype.copyBufferToBuffer = () => undefined;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = () => {
    watched.dispatches++;
  };
  return watched;
}

async function measure(watched: Watched, step: () => Promise<void>) {
  watched.loaded();
  for (let i = 0; i < WARM_UP; i++) await step();
  watched.dispatches = 0;
  watched.memory.takePeak();
  const before = process.cpuUsage();
  for (let i = 0; i < STEPS; i++) await step();
  const { user, system } = process.cpuUsage(before);
  const peakBytes = watched.memory.takePeak();
  return { dispatches: watched.dispatches / STEPS, hostMs: (user + system) / 1000 / STEPS, peakBytes };
}

function largestWeight(refs: readonly WeightRef[]): number {
  return refs.reduce((largest, { shape }) => Math.max(largest, product(shape)), 0);
}

/** Nodes that onnxruntime runs no kernel for, and those it joins to the next. */
const FREE: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'Sigmoid']);

/** Every node's operands and result; instance norm reads its input once more for the statistics. */
function ortTraffic(graph: Graph, feeds: Feeds): number {
  const shapes = inferShapes(graph, feeds);
  let bytes = 0;
  for (const { op, inputs, output } of graph.nodes) {
    if (FREE.has(op)) continue;
    const values = [...new Set(inputs), output].filter((value) => value && value.type !== 'int64');
    // The sigmoid that x is multiplied by is not there.
    const gated =
      op === 'Mul' && graph.nodes.some((node) => node.op === 'Sigmoid' && node.output === inputs[1]);
    for (const value of values) {
      if (!value || (gated && value === inputs[1])) continue;
      const size = product(shapes.get(value)!) * BYTES[value.type as keyof typeof BYTES];
      bytes += op === 'InstanceNormalization' && value === inputs[0] ? 2 * size : size;
    }
  }
  return bytes;
}
