// A file of the library that holds a network of its own (an upscaler, a detector, what restores faces ...), on the engine's device, in the
// forms in which it is called.
import type { Precision } from '../graph/types.ts';
import { getChunks } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import type { Network } from '../models/network.ts';
import type { Device } from './executor.ts';
import type { NetworkEvent } from './network-event.ts';
import { Sessions } from './sessions.ts';
import { StoredWeights } from './weights.ts';

/** What each of them is opened with. */
export type Opening = readonly [file: StoredModel, device: Device, onEvent: (event: NetworkEvent) => void];

export type Build<I> = (weights: StoredWeights, precision: Precision) => Network<I>;

export class FileNetwork {
  readonly #sessions: Sessions;

  private constructor(
    readonly file: StoredModel,
    readonly weights: StoredWeights,
    { executor, kernels }: Device,
    onEvent: (event: NetworkEvent) => void,
    private precision: Precision,
  ) {
    this.#sessions = new Sessions(executor, onEvent, kernels);
  }

  /** `half`: whether float16 is exact enough for it. */
  static async open(half: boolean, ...[file, device, onEvent]: Opening): Promise<FileNetwork> {
    const precision =
      half && device.shaderF16 && device.executor.backend === 'webgpu' ? 'float16' : 'float32';
    const weights = new StoredWeights(file, await getChunks(file));
    return new FileNetwork(file, weights, device, onEvent, precision);
  }

  /** Loads the form called `name` (that is what progress says), unless it is there. */
  async prepare<I>(name: string, build: Build<I>): Promise<void> {
    await this.#session(name, build);
  }

  /** Outputs of the form called `name`. What float16 cannot hold is computed again in float32, from then on. */
  async run<I>(
    name: string,
    build: Build<I>,
    inputs: I,
    outputs: readonly string[],
  ): Promise<Float32Array[]> {
    const results = await (await this.#session(name, build)).runAll(inputs, outputs);
    if (this.precision === 'float32' || results.every((list) => list.every(Number.isFinite))) return results;
    await this.release();
    this.precision = 'float32';
    return this.run(name, build, inputs, outputs);
  }

  async release(): Promise<void> {
    await this.#sessions.release();
  }

  #session<I>(name: string, build: Build<I>) {
    return this.#sessions.open(name, this.weights, () => build(this.weights, this.precision));
  }
}
