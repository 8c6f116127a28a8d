// An upscaler of the library with its network in onnxruntime.
import type { Precision } from '../graph/types.ts';
import type { Planes } from '../image/tiles.ts';
import { getChunks } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import type { UpscalerInputs } from '../models/upscalers/architecture.ts';
import { architectureOf } from '../models/upscalers/architectures.ts';
import type { NetworkEvent } from './network-event.ts';
import type { Executor } from './executor.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { StoredWeights } from './weights.ts';

const NAME = 'upscaler';

export class LoadedUpscaler {
  readonly #sessions: Sessions;

  private constructor(
    private readonly file: StoredModel,
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
  ): Promise<LoadedUpscaler> {
    const { upscaler } = file.detection;
    if (!upscaler) throw new Error(`"${file.name}" is no upscaler.`);
    const half = shaderF16 && executor.backend === 'webgpu' && architectureOf(upscaler.kind).half;
    const weights = new StoredWeights(file, await getChunks(file));
    const loaded = new LoadedUpscaler(file, weights, executor, onEvent, half ? 'float16' : 'float32');
    await loaded.#session();
    return loaded;
  }

  get scale(): number {
    return this.file.detection.upscaler!.scale;
  }

  get tiles(): 'blended' | 'averaged' {
    return this.#architecture.tiles;
  }

  /** [3, height, width], 0..1 -> [3, scale * height, scale * width]. What float16 cannot hold is computed again in float32. */
  async run({ data, height, width }: Planes): Promise<Planes> {
    const result = await (await this.#session()).run({ image: data, height, width });
    if (this.precision === 'float16' && !result.every(Number.isFinite)) {
      await this.release();
      this.precision = 'float32';
      return this.run({ data, channels: 3, height, width });
    }
    return { data: result, channels: 3, height: this.scale * height, width: this.scale * width };
  }

  async release(): Promise<void> {
    await this.#sessions.release();
  }

  get #architecture() {
    return architectureOf(this.file.detection.upscaler!.kind);
  }

  #session(): Promise<Session<UpscalerInputs>> {
    return this.#sessions.open(NAME, this.weights, () =>
      this.#architecture.network(this.weights, this.precision),
    );
  }
}
