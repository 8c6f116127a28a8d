// A model's weights on the GPU: a buffer for each in the form that kernels read, made when a program first asks for it and shared
// by all programs of the model.
import { product } from '../../graph/shapes.ts';
import type { FactoredWeight, Factors, Precision, WeightRef } from '../../graph/types.ts';
import { packPart } from '../kernels/pack.ts';
import type { Dialect } from '../kernels/shader.ts';
import { QUAD, roundUp } from '../quads.ts';
import { BYTES, Storage } from '../tensor.ts';
import { packedSize, type PackedWeight } from '../weights.ts';
import type { Pipelines } from './pipelines.ts';

/** Gives the bytes of a stored weight in that precision. */
export type ReadWeight = (ref: WeightRef, precision: Precision) => Promise<Uint8Array>;

/** The same where a product is to be added to what is stored; null for weights that `ReadWeight` gives as they are. */
export type ReadFactored = (ref: WeightRef, precision: Precision) => FactoredWeight | null;

interface Entry {
  readonly buffer: GPUBuffer;
  readonly storage: Storage;
  readonly weight: PackedWeight;
  /** Numbers of the parts that have changed since they were uploaded. */
  readonly stale: Set<number>;
  users: number;
}

/** Bytes that may be on their way to the device at once while weights are replaced. */
const IN_FLIGHT = 64 << 20;

export class WeightBuffers {
  readonly #entries = new Map<string, Entry>();
  readonly #device: GPUDevice;

  constructor(
    private readonly pipelines: Pipelines,
    private readonly read: ReadWeight,
    readonly dialect: Dialect,
    private readonly readFactored: ReadFactored = () => null,
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
        this.#entries.set(weight.key, { buffer, storage, weight, stale: new Set(), users: 1 });
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

  /** What is made of stored weights of these names is not what it should be any more, until it is refreshed. */
  invalidate(names: ReadonlySet<string>): void {
    for (const { weight, stale } of this.#entries.values())
      for (const [part, { name }] of weight.parts.entries()) if (names.has(name)) stale.add(part);
  }

  /**
   * Reads what has changed again, into the same buffers, one weight after the other. `before` each of them is told what is done, 0..1;
   * what it rejects with ends it, and what is left then stays to be done.
   */
  async refresh(before: (done: number) => Promise<void> = async () => undefined): Promise<void> {
    const total = this.#stale();
    let [done, flying] = [0, 0];
    for (const { storage, stale } of this.#entries.values()) {
      for (const part of stale) {
        await before(done / total);
        const bytes = await this.#upload(storage, part);
        stale.delete(part);
        done += bytes;
        flying += bytes;
        if (flying < IN_FLIGHT) continue;
        await this.#device.queue.onSubmittedWorkDone();
        flying = 0;
      }
    }
  }

  /** Bytes that are to be replaced. */
  #stale(): number {
    let bytes = 0;
    for (const { weight, stale } of this.#entries.values())
      for (const part of stale) bytes += product(weight.parts[part]!.shape) * BYTES[weight.precision];
    return bytes;
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
    const target = this.buffer(storage);
    if (weight.form === 'rows') {
      const bytes = await this.read(ref, weight.precision);
      const { rows, columns, pitch } = packedSize(weight);
      this.#write(target, pitch === columns ? bytes : padded(bytes, rows, columns, pitch));
      return bytes.byteLength;
    }
    const factored = this.readFactored(ref, weight.precision);
    const bytes = factored?.stored ?? (await this.read(ref, weight.precision));
    const factors = factored?.factors ?? null;
    const stored = new Storage(storage.type, roundUp(product(ref.shape), QUAD), { kind: 'scratch' });
    const dispatch = packPart(weight, part, stored, storage, this.dialect, factors?.rank ?? null);
    const pipeline = await this.pipelines.get(dispatch);
    const params = this.#temporary(roundUp(dispatch.params.byteLength, 16), GPUBufferUsage.UNIFORM);
    this.#device.queue.writeBuffer(params, 0, dispatch.params);
    const given = [bytes, ...(factors ? factorBytes(factors, ref.shape[0]!) : [])];
    const sources = given.map((data, i) => {
      const size = i === 0 ? stored.bytes : data.byteLength;
      const buffer = this.#temporary(size, GPUBufferUsage.STORAGE);
      this.#write(buffer, data);
      return buffer;
    });
    const group = this.#device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [params, ...sources, target].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...dispatch.grid);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
    for (const buffer of [params, ...sources]) buffer.destroy();
    return bytes.byteLength;
  }

  #temporary(size: number, usage: number): GPUBuffer {
    return this.#device.createBuffer({ size, usage: usage | GPUBufferUsage.COPY_DST });
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

/** As packPart reads them. */
function factorBytes({ rank, up, down }: Factors, rows: number): readonly Uint8Array[] {
  const pitch = roundUp(rows, QUAD);
  return [pitch === rows ? bytesOf(up) : padded(bytesOf(up), rank, rows, pitch), bytesOf(down)];
}

function bytesOf({ buffer, byteOffset, byteLength }: Factors['up']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function padded(bytes: Uint8Array, rows: number, columns: number, pitch: number): Uint8Array {
  const width = bytes.byteLength / (rows * columns);
  const result = new Uint8Array(rows * pitch * width);
  for (let row = 0; row < rows; row++) {
    result.set(bytes.subarray(row * columns * width, (row + 1) * columns * width), row * pitch * width);
  }
  return result;
}
