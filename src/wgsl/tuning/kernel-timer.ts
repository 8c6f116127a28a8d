// Times kernels on the device, each on its own, and compares what they compute: by the GPU's own clock where the device lets
// it be read (timestamp-query), else by how long many repeats take.
import type { Pipelines } from '../device/pipelines.ts';
import { dispatchesBy, defaultKernel, type Kernel, type TunableStep } from '../dispatches.ts';
import type { Dialect, Dispatch } from '../kernels/shader.ts';
import { roundUp } from '../quads.ts';
import { readsOf } from '../steps.ts';
import type { Storage } from '../tensor.ts';
import { differenceShader, fillShader, PARTIALS, type ToolShader } from './tool-shaders.ts';

/** How far a kernel's results may be from the default's, against the largest: what sums in another order come to. */
const TOLERANCE = { float32: 1e-5, float16: 4e-3, int32: 0 } as const;
/** Milliseconds of work that are timed at once: browsers round the GPU's clock to a tenth of one. */
const LONG_ENOUGH = { timestamps: 2, repeats: 10 } as const;
const MOST_REPEATS = 64;
/** Times of which the least counts. */
const TIMINGS = 3;
/** Slower than the best by so much after one run: no more are made. */
const HOPELESS = 1.5;
/** Milliseconds of work before anything is timed, and runs at most: a card that was idle is several times slower at first. */
const WARMING = { time: 200, runs: 100 };
/** Bytes of buffers that a shape may take. */
const MOST_MEMORY = 1 << 30;

export type Timing =
  | { readonly outcome: 'timed'; readonly ms: number }
  /** Its numbers are off, or the device does not take it. */
  | { readonly outcome: 'refused'; readonly why: string };

/** Times kernels of one step. */
export interface Trial {
  /** `best`: milliseconds of the fastest so far. Only for the default, which comes first, there is nothing to compare with. */
  time(kernel: Kernel, best: number): Promise<Timing>;
  release(): void;
}

interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

export class KernelTimer {
  readonly #device: GPUDevice;
  #overhead: number | null = null;
  #isWarm = false;

  /** `dispatches`: what computes a step by a kernel. `usesTimestamps`: whether by the GPU's own clock. */
  constructor(
    private readonly pipelines: Pipelines,
    private readonly dialect: Dialect,
    private readonly dispatches: typeof dispatchesBy = dispatchesBy,
    private readonly usesTimestamps = pipelines.device.features.has('timestamp-query'),
  ) {
    this.#device = pipelines.device;
  }

  /** Compiles a kernel in the background. */
  prepare(step: TunableStep, kernel: Kernel): void {
    for (const dispatch of this.dispatches(kernel, step, this.dialect))
      void this.pipelines.get(dispatch).catch(() => undefined);
  }

  /** Null where the step's tensors are too large to be made a second time. */
  async open(step: TunableStep): Promise<Trial | null> {
    const reads = [...new Set(readsOf(step))];
    const output = step.output.storage;
    const bytes = [...reads, output, output].reduce((sum, storage) => sum + storage.bytes, 0);
    if (bytes > MOST_MEMORY || reads.includes(output)) return null;
    const device = this.#device;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const make = (storage: Storage) =>
      device.createBuffer({ size: Math.max(16, roundUp(storage.bytes, 16)), usage });
    const buffers = new Map([...reads, output].map((storage) => [storage, make(storage)] as const));
    const expected = make(output);
    const release = () => {
      for (const buffer of [...buffers.values(), expected]) buffer.destroy();
    };
    try {
      for (const storage of reads) await this.#fill(storage, buffers.get(storage)!);
      const reference = await this.#ready(step, defaultKernel(step), buffers);
      await this.#warm(reference.commands);
      await this.#run(reference.commands, 1);
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffers.get(output)!, 0, expected, 0, expected.size);
      device.queue.submit([encoder.finish()]);
      reference.release();
    } catch (error) {
      release();
      throw error;
    }
    return {
      time: (kernel, best) => this.#time(step, kernel, buffers, expected, best),
      release,
    };
  }

  async #warm(commands: readonly Command[]): Promise<void> {
    const start = performance.now();
    for (let i = 0; !this.#isWarm && i < WARMING.runs && performance.now() - start < WARMING.time; i++)
      await this.#run(commands, 1);
    this.#isWarm = true;
  }

  async #time(
    step: TunableStep,
    kernel: Kernel,
    buffers: ReadonlyMap<Storage, GPUBuffer>,
    expected: GPUBuffer,
    best: number,
  ): Promise<Timing> {
    const device = this.#device;
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    let timing: Timing;
    try {
      const ready = await this.#ready(step, kernel, buffers);
      try {
        timing = await this.#checkedTime(step, ready.commands, buffers, expected, best);
      } finally {
        ready.release();
      }
    } catch (error) {
      timing = { outcome: 'refused', why: error instanceof Error ? error.message : String(error) };
    }
    const problems = [await device.popErrorScope(), await device.popErrorScope()];
    const problem = problems.find((one) => one !== null);
    return problem ? { outcome: 'refused', why: problem.message } : timing;
  }

  async #checkedTime(
    step: TunableStep,
    commands: readonly Command[],
    buffers: ReadonlyMap<Storage, GPUBuffer>,
    expected: GPUBuffer,
    best: number,
  ): Promise<Timing> {
    const { storage } = step.output;
    const output = buffers.get(storage)!;
    const encoder = this.#device.createCommandEncoder();
    encoder.clearBuffer(output);
    this.#device.queue.submit([encoder.finish()]);
    const first = await this.#run(commands, 1);
    const error = await this.#difference(storage, output, expected);
    if (!(error <= TOLERANCE[storage.type]))
      return { outcome: 'refused', why: `its numbers are off by ${error.toExponential(1)}` };
    if (first > HOPELESS * best) {
      // The first run may have waited for something.
      const second = await this.#run(commands, 1);
      if (second > HOPELESS * best) return { outcome: 'timed', ms: second };
    }
    const enough = this.usesTimestamps ? LONG_ENOUGH.timestamps : LONG_ENOUGH.repeats;
    const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(enough / Math.max(first, 0.01))));
    let least = Infinity;
    for (let i = 0; i < TIMINGS; i++) least = Math.min(least, (await this.#run(commands, repeats)) / repeats);
    return { outcome: 'timed', ms: least };
  }

  /** Milliseconds that the commands take, so many times one after the other. */
  async #run(commands: readonly Command[], repeats: number): Promise<number> {
    const device = this.#device;
    const encode = (encoder: GPUCommandEncoder, descriptor: GPUComputePassDescriptor) => {
      const pass = encoder.beginComputePass(descriptor);
      for (let i = 0; i < repeats; i++) {
        for (const { pipeline, group, grid } of commands) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(...grid);
        }
      }
      pass.end();
    };
    if (!this.usesTimestamps) {
      this.#overhead ??= await this.#elapsed(() => undefined);
      return Math.max(1e-3, (await this.#elapsed((encoder) => encode(encoder, {}))) - this.#overhead);
    }
    const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
    const resolved = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    try {
      const encoder = device.createCommandEncoder();
      encode(encoder, {
        timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
      });
      encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
      const [begin = 0n, end = 0n] = new BigUint64Array(await this.#read(encoder, resolved));
      return Math.max(1e-3, Number(end - begin) / 1e6);
    } finally {
      querySet.destroy();
      resolved.destroy();
    }
  }

  async #elapsed(encode: (encoder: GPUCommandEncoder) => void): Promise<number> {
    const { queue } = this.#device;
    const encoder = this.#device.createCommandEncoder();
    encode(encoder);
    const commands = encoder.finish();
    await queue.onSubmittedWorkDone();
    const start = performance.now();
    queue.submit([commands]);
    await queue.onSubmittedWorkDone();
    return performance.now() - start;
  }

  async #fill(storage: Storage, buffer: GPUBuffer): Promise<void> {
    const ready = await this.#tool(fillShader(storage), [buffer]);
    await this.#run(ready.commands, 1);
    ready.release();
  }

  /** The largest difference over the largest expected value; NaN where a number is not finite. */
  async #difference(storage: Storage, output: GPUBuffer, expected: GPUBuffer): Promise<number> {
    const size = 8 * PARTIALS;
    const partials = this.#device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    });
    const ready = await this.#tool(differenceShader(storage), [output, expected, partials]);
    try {
      await this.#run(ready.commands, 1);
      const found = new Float32Array(await this.#read(this.#device.createCommandEncoder(), partials));
      let [difference, largest] = [0, 0];
      for (let i = 0; i < PARTIALS; i++) {
        // What is not finite is told as a negative number.
        if (found[2 * i]! < 0) return NaN;
        difference = Math.max(difference, found[2 * i]!);
        largest = Math.max(largest, found[2 * i + 1]!);
      }
      return largest === 0 ? NaN : difference / largest;
    } finally {
      ready.release();
      partials.destroy();
    }
  }

  async #read(encoder: GPUCommandEncoder, buffer: GPUBuffer): Promise<ArrayBuffer> {
    const target = this.#device.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.copyBufferToBuffer(buffer, 0, target, 0, buffer.size);
    this.#device.queue.submit([encoder.finish()]);
    await target.mapAsync(GPUMapMode.READ);
    const copy = target.getMappedRange().slice(0);
    target.destroy();
    return copy;
  }

  #tool({ code, params, workgroups }: ToolShader, buffers: readonly GPUBuffer[]) {
    const grid = [workgroups, 1, 1] as const;
    return this.#commands([{ label: 'tuning', code, params, grid, buffers }]);
  }

  #ready(step: TunableStep, kernel: Kernel, buffers: ReadonlyMap<Storage, GPUBuffer>) {
    const own = new Map<Storage, GPUBuffer>();
    const bufferOf = (storage: Storage): GPUBuffer => {
      const known = buffers.get(storage) ?? own.get(storage);
      if (known) return known;
      const made = this.#device.createBuffer({ size: storage.bytes, usage: GPUBufferUsage.STORAGE });
      own.set(storage, made);
      return made;
    };
    const parts = this.dispatches(kernel, step, this.dialect).map((dispatch) => ({
      ...dispatch,
      buffers: dispatch.bindings.map(({ storage }) => bufferOf(storage)),
    }));
    return this.#commands(parts, [...own.values()]);
  }

  async #commands(
    parts: readonly (Pick<Dispatch, 'label' | 'code' | 'params' | 'grid'> & {
      readonly buffers: readonly GPUBuffer[];
    })[],
    own: readonly GPUBuffer[] = [],
  ) {
    const device = this.#device;
    const made = [...own];
    const commands: Command[] = [];
    for (const part of parts) {
      const pipeline = await this.pipelines.get(part);
      const uniforms = device.createBuffer({
        size: roundUp(part.params.byteLength, 16),
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(uniforms, 0, part.params);
      made.push(uniforms);
      const entries = [uniforms, ...part.buffers].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      }));
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      commands.push({ pipeline, group, grid: part.grid });
    }
    const release = () => {
      for (const buffer of made) buffer.destroy();
    };
    return { commands, release };
  }
}
