// A program on a device, ready to run: memory, pipelines, bindings and the order of things are made once. A run writes what
// goes in, submits one list of commands, and waits only for what comes out.
import type { HostTensor } from '../../graph/types.ts';
import { product } from '../../graph/shapes.ts';
import type { Program } from '../program.ts';
import { roundUp } from '../quads.ts';
import { type Storage, type Tensor } from '../tensor.ts';
import type { Pipelines } from './pipelines.ts';
import type { WeightBuffers } from './weight-buffers.ts';

/** What uniform bindings must begin at a multiple of, on every device. */
const UNIFORM_ALIGNMENT = 256;

interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

export class Recording {
  private constructor(
    private readonly device: GPUDevice,
    private readonly program: Program,
    private readonly weights: WeightBuffers,
    private readonly commands: readonly Command[],
    private readonly buffers: Buffers,
  ) {}

  /** Uploads the weights that are not there yet and compiles the shaders. `onRead` is told the bytes of each weight. */
  static async create(
    program: Program,
    weights: WeightBuffers,
    pipelines: Pipelines,
    onRead?: (bytes: number) => void,
  ): Promise<Recording> {
    const { device } = pipelines;
    // Shaders are compiled by the browser while weights are read.
    const compiled = Promise.all(program.dispatches.map((dispatch) => pipelines.get(dispatch)));
    await weights.acquire(program.weights, onRead);
    const buffers = new Buffers(device, program, weights);
    const ready = await compiled;
    const commands = program.dispatches.map(({ grid, bindings, params }, i) => {
      const pipeline = ready[i]!;
      const entries = [
        { binding: 0, resource: buffers.uniform(i, params.byteLength) },
        ...bindings.map(({ storage }, at) => ({ binding: at + 1, resource: buffers.binding(storage) })),
      ];
      return {
        pipeline,
        group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
        grid,
      };
    });
    return new Recording(device, program, weights, commands, buffers);
  }

  /** Bytes of GPU memory beside the weights. */
  get bytes(): number {
    return this.buffers.bytes;
  }

  /** Runs the program and reads its outputs back; float32, in C order. */
  async run(feeds: Readonly<Record<string, HostTensor>>): Promise<Map<string, Float32Array>> {
    const { device, program, buffers } = this;
    for (const [name, { storage }] of program.inputs) {
      const { data } = feeds[name]!;
      const { buffer, offset } = buffers.binding(storage);
      device.queue.writeBuffer(
        buffer,
        offset ?? 0,
        data as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
      );
    }
    const encoder = device.createCommandEncoder();
    this.#encode(encoder);
    const places = buffers.copyOut(encoder, program.outputs);
    device.queue.submit([encoder.finish()]);
    await buffers.readback.mapAsync(GPUMapMode.READ);
    const mapped = buffers.readback.getMappedRange();
    const results = new Map(
      places.map(({ name, tensor, offset }) => [name, withoutPadding(tensor, mapped, offset)] as const),
    );
    buffers.readback.unmap();
    return results;
  }

  release(): void {
    this.weights.release(this.program.weights);
    this.buffers.destroy();
  }

  #encode(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass();
    let last: GPUComputePipeline | null = null;
    for (const { pipeline, group, grid } of this.commands) {
      if (pipeline !== last) pass.setPipeline(pipeline);
      last = pipeline;
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...grid);
    }
    pass.end();
  }
}

/** All memory of a program but its weights. */
class Buffers {
  readonly readback: GPUBuffer;
  readonly #arenas: readonly GPUBuffer[];
  readonly #constants: ReadonlyMap<Storage, GPUBuffer>;
  readonly #uniforms: GPUBuffer;
  readonly #uniformAt: readonly number[];

  constructor(
    device: GPUDevice,
    private readonly program: Program,
    private readonly weights: WeightBuffers,
  ) {
    const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const { memory, dispatches, constants, outputs } = program;
    this.#arenas = memory.arenas.map((size, i) =>
      device.createBuffer({ label: `arena ${i}`, size, usage: storage | GPUBufferUsage.COPY_SRC }),
    );
    this.#constants = new Map(
      constants.map((one) => {
        const buffer = device.createBuffer({ size: Math.max(16, one.bytes), usage: storage });
        if (one.role.kind === 'constant')
          device.queue.writeBuffer(buffer, 0, one.role.data as Uint8Array<ArrayBuffer>);
        return [one, buffer] as const;
      }),
    );
    const at: number[] = [];
    let size = 0;
    for (const { params } of dispatches) {
      at.push(size);
      size += roundUp(params.byteLength, UNIFORM_ALIGNMENT);
    }
    this.#uniformAt = at;
    const words = new Uint32Array(size / 4);
    for (const [i, { params }] of dispatches.entries()) words.set(params, at[i]! / 4);
    this.#uniforms = device.createBuffer({ size, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(this.#uniforms, 0, words);
    const read = [...outputs.values()].reduce((sum, tensor) => sum + tensor.storage.bytes, 0);
    this.readback = device.createBuffer({
      size: read,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  get bytes(): number {
    const all = [...this.#arenas, ...this.#constants.values(), this.#uniforms, this.readback];
    return all.reduce((sum, { size }) => sum + size, 0);
  }

  uniform(dispatch: number, bytes: number): GPUBufferBinding {
    return { buffer: this.#uniforms, offset: this.#uniformAt[dispatch]!, size: roundUp(bytes, 16) };
  }

  binding(storage: Storage): GPUBufferBinding {
    if (storage.role.kind === 'weight') return { buffer: this.weights.buffer(storage) };
    const constant = this.#constants.get(storage);
    if (constant) return { buffer: constant };
    const { arena, offset } = this.program.memory.blocks.get(storage)!;
    return { buffer: this.#arenas[arena]!, offset, size: roundUp(storage.bytes, 16) };
  }

  /** Where each output lies in the readback buffer afterwards. */
  copyOut(encoder: GPUCommandEncoder, outputs: ReadonlyMap<string, Tensor>) {
    let at = 0;
    return [...outputs].map(([name, tensor]) => {
      const { buffer, offset } = this.binding(tensor.storage);
      encoder.copyBufferToBuffer(buffer, offset ?? 0, this.readback, at, tensor.storage.bytes);
      const place = { name, tensor, offset: at };
      at += tensor.storage.bytes;
      return place;
    });
  }

  destroy(): void {
    const all = [...this.#arenas, ...this.#constants.values(), this.#uniforms, this.readback];
    for (const buffer of all) buffer.destroy();
  }
}

function withoutPadding(
  { shape, strides, storage }: Tensor,
  mapped: ArrayBuffer,
  offset: number,
): Float32Array {
  const all = new Float32Array(mapped, offset, storage.elements);
  const columns = shape.at(-1) ?? 1;
  const pitch = shape.length > 1 ? strides[shape.length - 2]! : columns;
  const result = new Float32Array(product(shape));
  for (let row = 0; row * columns < result.length; row++)
    result.set(all.subarray(row * pitch, row * pitch + columns), row * columns);
  return result;
}
