// A detector of the library with its network.
import { yoloNetwork, yoloSizes, type YoloInputs, type YoloSizes } from '../models/detectors/yolo.ts';
import { FileNetwork, type Opening } from './file-network.ts';

const NAME = 'detector';

export class LoadedDetector {
  readonly sizes: YoloSizes;
  readonly classes: readonly string[];
  /** Pixels of the longer side that pictures are brought to. */
  readonly size: number;

  private constructor(private readonly network: FileNetwork) {
    const { classes, size } = network.file.detection.detector!;
    this.classes = classes;
    this.size = size;
    this.sizes = yoloSizes(network.weights);
  }

  static async open(...opening: Opening): Promise<LoadedDetector> {
    const [file] = opening;
    if (!file.detection.detector) throw new Error(`"${file.name}" is no detector.`);
    const network = await FileNetwork.open(true, ...opening);
    await network.prepare(NAME, yoloNetwork);
    return new LoadedDetector(network);
  }

  /** The network's outputs (models/detectors/yolo.ts). */
  async run(inputs: YoloInputs): Promise<{ cells: Float32Array; prototypes: Float32Array | null }> {
    const outputs = ['cells', ...(this.sizes.masks > 0 ? ['prototypes'] : [])];
    const [cells, prototypes = null] = await this.network.run(NAME, yoloNetwork, inputs, outputs);
    return { cells: cells!, prototypes };
  }

  async release(): Promise<void> {
    await this.network.release();
  }
}
