// A network of the library that makes control maps. Its graph is built for the size of the picture.
import type { Size } from '../image/picture-file.ts';
import type { Planes } from '../image/tiles.ts';
import { ARCHITECTURES } from '../models/annotators/architectures.ts';
import { FileNetwork, type Opening } from './file-network.ts';

export class LoadedAnnotator {
  #size: Size | null = null;

  private constructor(private readonly network: FileNetwork) {}

  static async open(...opening: Opening): Promise<LoadedAnnotator> {
    const [file] = opening;
    const { annotator } = file.detection;
    if (!annotator) throw new Error(`"${file.name}" makes no control maps.`);
    return new LoadedAnnotator(await FileNetwork.open(ARCHITECTURES[annotator.kind].half, ...opening));
  }

  /** The named outputs (models/annotators) for [3, height, width], in the numbers that the network wants. */
  async run({ width, height, data: image }: Planes, outputs: readonly string[]): Promise<Float32Array[]> {
    const { kind } = this.network.file.detection.annotator!;
    // One size at a time is in memory.
    if (this.#size && (this.#size.width !== width || this.#size.height !== height)) await this.release();
    this.#size = { width, height };
    const { label, network } = ARCHITECTURES[kind];
    return this.network.run(
      label,
      (weights, precision) => network(weights, precision, { width, height }),
      { image },
      outputs,
    );
  }

  async release(): Promise<void> {
    await this.network.release();
  }
}
