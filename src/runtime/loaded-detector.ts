// A detector of the library with its network in onnxruntime.
import type { Precision } from '../graph/types.ts';
import { getChunks } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import { yoloNetwork, yoloSizes, type YoloInputs, type YoloSizes } from '../models/detectors/yolo.ts';
import type { NetworkEvent } from './network-event.ts';
import type { Executor } from './executor.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { StoredWeights } from './weights.ts';

const NAME = 'detector';

export class LoadedDetector {
  readonly sizes: YoloSizes;
  readonly classes: readonly string[];
  /** Pixels of the longer side that pictures are brought to. */
  readonly size: number;
  readonly #sessions: Sessions;

  private constructor(
    file: StoredModel,
    private readonly weights: StoredWeights,
    executor: Executor,
    onEvent: (event: NetworkEvent) => void,
    private precision: Precision,
  ) {
    const { classes, size } = file.detection.detector!;
    this.classes = classes;
    this.size = size;
    this.sizes = yoloSizes(weights);
    this.#sessions = new Sessions(executor, onEvent);
  }

  /** `shaderF16`: whether the device computes in float16. */
  static async open(
    file: StoredModel,
    executor: Executor,
    shaderF16: boolean,
    onEvent: (event: NetworkEvent) => void,
  ): Promise<LoadedDetector> {
    if (!file.detection.detector) throw new Error(`"${file.name}" is no detector.`);
    const half = shaderF16 && executor.backend === 'webgpu';
    const weights = new StoredWeights(file, await getChunks(file));
    const loaded = new LoadedDetector(file, weights, executor, onEvent, half ? 'float16' : 'float32');
    await loaded.#session();
    return loaded;
  }

  /** The network's outputs (models/detectors/yolo.ts). What float16 cannot hold is computed again in float32. */
  async run(inputs: YoloInputs): Promise<{ cells: Float32Array; prototypes: Float32Array | null }> {
    const outputs = ['cells', ...(this.sizes.masks > 0 ? ['prototypes'] : [])];
    const [cells, prototypes = null] = await (await this.#session()).runAll(inputs, outputs);
    const finite = [cells!, ...(prototypes ? [prototypes] : [])].every((list) => list.every(Number.isFinite));
    if (this.precision === 'float16' && !finite) {
      await this.release();
      this.precision = 'float32';
      return this.run(inputs);
    }
    return { cells: cells!, prototypes };
  }

  async release(): Promise<void> {
    await this.#sessions.release();
  }

  #session(): Promise<Session<YoloInputs>> {
    return this.#sessions.open(NAME, this.weights, () => yoloNetwork(this.weights, this.precision));
  }
}
