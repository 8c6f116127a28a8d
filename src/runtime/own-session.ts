// A network on our own kernels: a program for each size that comes, recorded once, and the model's weights, which all of its
// networks share. The same numbers as onnxruntime's session, and the same failures.
import type { HostTensor } from '../graph/types.ts';
import type { Network } from '../models/network.ts';
import type { Arenas } from '../wgsl/device/arenas.ts';
import type { Pipelines } from '../wgsl/device/pipelines.ts';
import { Recording } from '../wgsl/device/recording.ts';
import type { WeightBuffers } from '../wgsl/device/weight-buffers.ts';
import type { ChooseKernel } from '../wgsl/dispatches.ts';
import { compile, type Program } from '../wgsl/program.ts';
import { deviceMutex } from './device-mutex.ts';
import { weightBytes, type Session } from './session.ts';
import { watchingMemory } from './watch-memory.ts';

/** Programs of different sizes that are kept: corners, edges and inside of a picture in tiles. They take little beside what they share. */
const KEPT = 12;

interface OwnSessionOptions {
  /** Kernels that are faster than the defaults. */
  readonly choose: ChooseKernel;
  /** The fraction of the weights that are there, 0..1. */
  readonly onLoad: (fraction: number) => void;
  readonly onProgram: (program: Program) => void;
}

export class OwnSession<I> implements Session<I> {
  readonly kernels = 'own';
  readonly instead = null;
  /** The one used last is last. */
  readonly #recordings = new Map<string, Recording>();

  /** `what` names it in messages. */
  constructor(
    private readonly what: string,
    private readonly network: Network<I>,
    private readonly pipelines: Pipelines,
    private readonly arenas: Arenas,
    private readonly weights: WeightBuffers,
    private readonly options: OwnSessionOptions,
  ) {}

  /** What has changed is replaced in the buffers. */
  staysWith(): boolean {
    return true;
  }

  async run(inputs: I, output: string = this.network.outputs[0]!): Promise<Float32Array> {
    return (await this.runAll(inputs, [output]))[0]!;
  }

  /**
   * The first run of a size compiles its program, and the very first uploads the weights. Rejects with OutOfMemoryError, and with
   * UnsupportedError where our kernels do not compute this network: nothing is kept then.
   */
  runAll(inputs: I, outputs: readonly string[]): Promise<Float32Array[]> {
    const feeds = this.network.feeds(inputs);
    const { device } = this.pipelines;
    return deviceMutex.run(async () => {
      try {
        return await watchingMemory({ backend: 'webgpu', device }, this.what, null, async () => {
          // What an interruption has left.
          await this.weights.refresh();
          const recording = await this.#recording(feeds, outputs);
          const results = await recording.run(feeds);
          return outputs.map((output) => results.get(output)!);
        });
      } catch (error) {
        // What was made while memory ran out cannot be used.
        this.#forget();
        this.arenas.clear();
        throw error;
      }
    });
  }

  /** Gives the memory back. It is freed once another submit has gone through, so one is made. */
  async release(): Promise<void> {
    await deviceMutex.run(async () => {
      this.#forget();
      const { queue } = this.pipelines.device;
      queue.submit([]);
      await queue.onSubmittedWorkDone();
    });
  }

  #forget(): void {
    for (const recording of this.#recordings.values()) recording.release();
    this.#recordings.clear();
  }

  async #recording(
    feeds: Readonly<Record<string, HostTensor>>,
    outputs: readonly string[],
  ): Promise<Recording> {
    const key = JSON.stringify([outputs, Object.entries(feeds).map(sizeOf)]);
    const known = this.#recordings.get(key);
    if (known) {
      this.#recordings.delete(key);
      this.#recordings.set(key, known);
      return known;
    }
    const [oldest] = this.#recordings.size >= KEPT ? this.#recordings : [];
    if (oldest) this.#recordings.delete(oldest[0]);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.pipelines.device.limits;
    const program = compile(this.network.graph, feeds, outputs, {
      dialect: this.weights.dialect,
      maxBufferSize: Math.min(maxBufferSize, maxStorageBufferBindingSize),
      choose: this.options.choose,
    });
    this.options.onProgram(program);
    const total = weightBytes(this.network, this.network.graph.precision);
    let read = 0;
    try {
      const onRead = (bytes: number): void => {
        read += bytes;
        this.options.onLoad(total > 0 ? Math.min(1, read / total) : 1);
      };
      const recording = await Recording.create(program, this.weights, this.pipelines, onRead, this.arenas);
      this.#recordings.set(key, recording);
      return recording;
    } finally {
      // Not before: its weights are those of the next one, too.
      oldest?.[1].release();
    }
  }
}

/** What a program is made for: shapes, and what is in tensors that are shapes themselves. */
function sizeOf([name, { type, data, dims }]: [string, HostTensor]): unknown {
  return [name, type === 'int64' ? Array.from(data, Number) : dims];
}
