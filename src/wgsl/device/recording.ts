// A program on a device, ready to run: pipelines, bindings and the order of things are made once, and bindings again where the memory
// that it shares with other programs has been replaced. A run writes what goes in, submits one list of commands, and waits only for
// what comes out.
import type { HostTensor } from '../../graph/types.ts';
import { product } from '../../graph/shapes.ts';
import type { Program } from '../program.ts';
import { constantBytes, memoryOf, uniformsOf } from '../program-memory.ts';
import { roundUp } from '../quads.ts';
import { type Storage, type Tensor } from '../tensor.ts';
import { Arenas, type ArenaSizes } from './arenas.ts';
import type { Pipelines } from './pipelines.ts';
import type { WeightBuffers } from './weight-buffers.ts';

/** Dispatches that are timed at once: a query set holds 4096 times. */
const MOST_TIMED = 2048;

interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

export class Recording {
  #commands: readonly Command[] = [];
  /** Of the memory that the commands are bound to. */
  #version = -1;

  private constructor(
    private readonly device: GPUDevice,
    private readonly program: Program,
    private readonly weights: WeightBuffers,
    private readonly pipelines: readonly GPUComputePipeline[],
    private readonly buffers: Buffers,
  ) {}

  /**
   * Uploads the weights that are not there yet and compiles the shaders. `onRead` is told the bytes of each weight. `arenas`: the memory
   * of all programs that run one after the other.
   */
  static async create(
    program: Program,
    weights: WeightBuffers,
    pipelines: Pipelines,
    onRead?: (bytes: number) => void,
    arenas = new Arenas(pipelines.device),
  ): Promise<Recording> {
    const { device } = pipelines;
    // Shaders are compiled by the browser while weights are read.
    const compiled = Promise.all(program.dispatches.map((dispatch) => pipelines.get(dispatch)));
    await weights.acquire(program.weights, onRead);
    try {
      return new Recording(
        device,
        program,
        weights,
        await compiled,
        new Buffers(device, program, weights, arenas),
      );
    } catch (error) {
      weights.release(program.weights);
      throw error;
    }
  }

  /** Runs the program and reads its outputs back; float32, in C order. */
  async run(feeds: Readonly<Record<string, HostTensor>>): Promise<Map<string, Float32Array>> {
    const { device, program, buffers } = this;
    const version = buffers.fit();
    if (version !== this.#version) this.#commands = this.#bound();
    this.#version = version;
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
    return buffers.read(
      (mapped) =>
        new Map(
          places.map(({ name, tensor, offset }) => [name, withoutPadding(tensor, mapped, offset)] as const),
        ),
    );
  }

  /**
   * Milliseconds that each dispatch of the program takes, in order, on what the last run left, by the GPU's own clock. Rejects
   * where the device has no `timestamp-query`.
   */
  async dispatchTimes(): Promise<number[]> {
    const { device } = this;
    const times: number[] = [];
    for (let start = 0; start < this.#commands.length; start += MOST_TIMED) {
      const commands = this.#commands.slice(start, start + MOST_TIMED);
      const querySet = device.createQuerySet({ type: 'timestamp', count: 2 * commands.length });
      const size = 16 * commands.length;
      const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
      const resolved = device.createBuffer({ size, usage });
      const mapped = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      const encoder = device.createCommandEncoder();
      for (const [i, { pipeline, group, grid }] of commands.entries()) {
        const pass = encoder.beginComputePass({
          timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
        });
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...grid);
        pass.end();
      }
      encoder.resolveQuerySet(querySet, 0, 2 * commands.length, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, mapped, 0, size);
      device.queue.submit([encoder.finish()]);
      await mapped.mapAsync(GPUMapMode.READ);
      const nanoseconds = new BigInt64Array(mapped.getMappedRange());
      times.push(...commands.map((_, i) => Number(nanoseconds[2 * i + 1]! - nanoseconds[2 * i]!) / 1e6));
      querySet.destroy();
      resolved.destroy();
      mapped.destroy();
    }
    return times;
  }

  release(): void {
    this.weights.release(this.program.weights);
    this.buffers.destroy();
  }

  #bound(): Command[] {
    const { device, program, pipelines, buffers } = this;
    return program.dispatches.map(({ grid, bindings, params }, i) => {
      const pipeline = pipelines[i]!;
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
  }

  #encode(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass();
    let last: GPUComputePipeline | null = null;
    for (const { pipeline, group, grid } of this.#commands) {
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
  readonly #constants: ReadonlyMap<Storage, GPUBuffer>;
  readonly #uniforms: GPUBuffer;
  readonly #uniformAt: readonly number[];
  readonly #shared: ArenaSizes;

  constructor(
    device: GPUDevice,
    private readonly program: Program,
    private readonly weights: WeightBuffers,
    private readonly arenas: Arenas,
  ) {
    const { dispatches, constants } = program;
    this.#constants = new Map(
      constants.map((one) => {
        const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
        const buffer = device.createBuffer({ size: constantBytes(one.bytes), usage });
        if (one.role.kind === 'constant')
          device.queue.writeBuffer(buffer, 0, one.role.data as Uint8Array<ArrayBuffer>);
        return [one, buffer] as const;
      }),
    );
    const { at, bytes: size } = uniformsOf(dispatches);
    this.#uniformAt = at;
    const words = new Uint32Array(size / 4);
    for (const [i, { params }] of dispatches.entries()) words.set(params, at[i]! / 4);
    this.#uniforms = device.createBuffer({ size, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(this.#uniforms, 0, words);
    this.#shared = memoryOf(program).shared;
    arenas.add(this.#shared);
  }

  async read<T>(use: (mapped: ArrayBuffer) => T): Promise<T> {
    const { readback } = this.arenas;
    const { readback: size } = this.#shared;
    await readback.mapAsync(GPUMapMode.READ, 0, size);
    const result = use(readback.getMappedRange(0, size));
    readback.unmap();
    return result;
  }

  /** Before a run: the number changes where bindings are no longer those. */
  fit(): number {
    return this.arenas.fit(this.#shared);
  }

  uniform(dispatch: number, bytes: number): GPUBufferBinding {
    return { buffer: this.#uniforms, offset: this.#uniformAt[dispatch]!, size: roundUp(bytes, 16) };
  }

  binding(storage: Storage): GPUBufferBinding {
    if (storage.role.kind === 'weight') return { buffer: this.weights.buffer(storage) };
    const constant = this.#constants.get(storage);
    if (constant) return { buffer: constant };
    const { arena, offset } = this.program.memory.blocks.get(storage)!;
    return { buffer: this.arenas.arena(arena), offset, size: roundUp(storage.bytes, 16) };
  }

  /** Where each output lies in the readback buffer afterwards. */
  copyOut(encoder: GPUCommandEncoder, outputs: ReadonlyMap<string, Tensor>) {
    let at = 0;
    return [...outputs].map(([name, tensor]) => {
      const { buffer, offset } = this.binding(tensor.storage);
      encoder.copyBufferToBuffer(buffer, offset ?? 0, this.arenas.readback, at, tensor.storage.bytes);
      const place = { name, tensor, offset: at };
      at += tensor.storage.bytes;
      return place;
    });
  }

  destroy(): void {
    for (const buffer of [...this.#constants.values(), this.#uniforms]) buffer.destroy();
    this.arenas.remove(this.#shared);
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
