// A model's weights on the GPU: a buffer for each in the form that kernels read, made when a program first asks for it and shared
// by all programs of the model.
import { product } from '../../graph/shapes.ts';
import type { Precision, WeightRef } from '../../graph/types.ts';
import { packPart } from '../kernels/pack.ts';
import type { Dialect } from '../kernels/shader.ts';
import { QUAD, roundUp } from '../quads.ts';
import { Storage } from '../tensor.ts';
import { packedSize, type PackedWeight } from '../weights.ts';
import type { Pipelines } from './pipelines.ts';

/** Gives the bytes of a stored weight in that precision. */
export type ReadWeight = (ref: WeightRef, precision: Precision) => Promise<Uint8Array>;

interface Entry {
  readonly buffer: GPUBuffer;
  readonly weight: PackedWeight;
  users: number;
}

export class WeightBuffers {
  readonly #entries = new Map<string, Entry>();
  readonly #device: GPUDevice;

  constructor(
    private readonly pipelines: Pipelines,
    private readonly read: ReadWeight,
    readonly dialect: Dialect,
  ) {
    this.#device = pipelines.device;
  }

  /** Bytes of all buffers. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { buffer }) => sum + buffer.size, 0);
  }

  /** Uploads what is not there yet, one weight after the other. `onRead` is told the bytes of each. */
  async acquire(
    storages: readonly Storage[],
    onRead: (bytes: number) => void = () => undefined,
  ): Promise<void> {
    const acquired: Storage[] = [];
    try {
      for (const storage of storages) {
        acquired.push(storage);
        const weight = weightOf(storage);
        const known = this.#entries.get(weight.key);
        if (known) {
          known.users++;
          continue;
        }
        const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
        const buffer = this.#device.createBuffer({ label: weight.key, size: storage.bytes, usage });
        this.#entries.set(weight.key, { buffer, weight, users: 1 });
        for (const part of weight.parts.keys()) onRead(await this.#upload(storage, part));
      }
    } catch (error) {
      this.release(acquired);
      throw error;
    }
  }

  buffer(storage: Storage): GPUBuffer {
    return this.#entry(storage).buffer;
  }

  /** Reads these stored weights again into the buffers that are made of them: for weights that have changed. */
  async refresh(names: ReadonlySet<string>): Promise<void> {
    for (const { weight } of this.#entries.values()) {
      const { rows, pitch } = packedSize(weight);
      const storage = new Storage(weight.precision, rows * pitch, { kind: 'weight', packed: weight });
      for (const [part, { name }] of weight.parts.entries())
        if (names.has(name)) await this.#upload(storage, part);
    }
  }

  /** What no program uses any more is given back. */
  release(storages: readonly Storage[]): void {
    for (const storage of storages) {
      const entry = this.#entry(storage);
      if (--entry.users > 0) continue;
      entry.buffer.destroy();
      this.#entries.delete(entry.weight.key);
    }
  }

  #entry(storage: Storage): Entry {
    const entry = this.#entries.get(weightOf(storage).key);
    if (!entry) throw new Error('A weight that is not uploaded.');
    return entry;
  }

  async #upload(storage: Storage, part: number): Promise<number> {
    const weight = weightOf(storage);
    const ref = weight.parts[part]!;
    const bytes = await this.read(ref, weight.precision);
    const target = this.buffer(storage);
    if (weight.form === 'rows') {
      const { rows, columns, pitch } = packedSize(weight);
      this.#write(target, pitch === columns ? bytes : padded(bytes, rows, columns, pitch));
      return bytes.byteLength;
    }
    const stored = new Storage(storage.type, roundUp(product(ref.shape), QUAD), { kind: 'scratch' });
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const staging = this.#device.createBuffer({ size: stored.bytes, usage });
    this.#write(staging, bytes);
    const dispatch = packPart(weight, part, stored, storage, this.dialect);
    const pipeline = await this.pipelines.get(dispatch);
    const params = this.#device.createBuffer({
      size: roundUp(dispatch.params.byteLength, 16),
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#device.queue.writeBuffer(params, 0, dispatch.params);
    const group = this.#device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [params, staging, target].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...dispatch.grid);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
    staging.destroy();
    params.destroy();
    return bytes.byteLength;
  }

  /** writeBuffer takes whole words. */
  #write(buffer: GPUBuffer, bytes: Uint8Array): void {
    const whole = bytes.byteLength - (bytes.byteLength % 4);
    if (whole > 0) this.#device.queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>, 0, whole);
    if (whole === bytes.byteLength) return;
    const rest = new Uint8Array(4);
    rest.set(bytes.subarray(whole));
    this.#device.queue.writeBuffer(buffer, whole, rest);
  }
}

function weightOf({ role }: Storage): PackedWeight {
  if (role.kind !== 'weight') throw new Error('Not a weight.');
  return role.packed;
}

function padded(bytes: Uint8Array, rows: number, columns: number, pitch: number): Uint8Array {
  const width = bytes.byteLength / (rows * columns);
  const result = new Uint8Array(rows * pitch * width);
  for (let row = 0; row < rows; row++) {
    result.set(bytes.subarray(row * columns * width, (row + 1) * columns * width), row * pitch * width);
  }
  return result;
}
