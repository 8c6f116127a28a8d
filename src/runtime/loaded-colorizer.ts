// A colorizer of the library with its network in onnxruntime.
import type { Planes } from '../image/tiles.ts';
import type { Precision } from '../graph/types.ts';
import { getChunks } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import { ddColorNetwork } from '../models/colorizers/ddcolor.ts';
import type { Executor } from './executor.ts';
import type { NetworkEvent } from './network-event.ts';
import { Sessions } from './sessions.ts';
import { StoredWeights } from './weights.ts';

/** What DDColor's own pipeline brings pictures to. */
const SIDE = 512;

export class LoadedColorizer {
  readonly size = { height: SIDE, width: SIDE };
  readonly #sessions: Sessions;

  private constructor(
    private readonly weights: StoredWeights,
    executor: Executor,
    onEvent: (event: NetworkEvent) => void,
    private precision: Precision,
  ) {
    this.#sessions = new Sessions(executor, onEvent);
  }

  /** `shaderF16`: whether the device computes in float16. */
  static async open(
    file: StoredModel,
    executor: Executor,
    shaderF16: boolean,
    onEvent: (event: NetworkEvent) => void,
  ): Promise<LoadedColorizer> {
    if (!file.detection.colorizer) throw new Error(`"${file.name}" is no colorizer.`);
    const half = shaderF16 && executor.backend === 'webgpu';
    const weights = new StoredWeights(file, await getChunks(file));
    return new LoadedColorizer(weights, executor, onEvent, half ? 'float16' : 'float32');
  }

  /** What float16 cannot hold is computed again in float32. */
  async colours(grey: Planes): Promise<Planes> {
    const session = await this.#sessions.open('colorizer', this.weights, () =>
      ddColorNetwork(this.weights, this.precision, this.size),
    );
    const data = await session.run({ image: grey.data });
    if (this.precision === 'float32' || data.every(Number.isFinite))
      return { channels: 2, height: SIDE, width: SIDE, data };
    await this.release();
    this.precision = 'float32';
    return this.colours(grey);
  }

  async release(): Promise<void> {
    await this.#sessions.release();
  }
}
