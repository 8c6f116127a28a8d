// An upscaler of the library with its network.
import type { Planes } from '../image/tiles.ts';
import type { Architecture, UpscalerInputs } from '../models/upscalers/architecture.ts';
import { architectureOf } from '../models/upscalers/architectures.ts';
import { FileNetwork, type Build, type Opening } from './file-network.ts';

const NAME = 'upscaler';

export class LoadedUpscaler {
  private constructor(
    private readonly network: FileNetwork,
    private readonly architecture: Architecture,
    readonly scale: number,
  ) {}

  static async open(...opening: Opening): Promise<LoadedUpscaler> {
    const [file] = opening;
    const { upscaler } = file.detection;
    if (!upscaler) throw new Error(`"${file.name}" is no upscaler.`);
    const architecture = architectureOf(upscaler.kind);
    const network = await FileNetwork.open(architecture.half, ...opening);
    const loaded = new LoadedUpscaler(network, architecture, upscaler.scale);
    await network.prepare(NAME, loaded.#build);
    return loaded;
  }

  get tiles(): 'blended' | 'averaged' {
    return this.architecture.tiles;
  }

  /** [3, height, width], 0..1 -> [3, scale * height, scale * width]. */
  async run({ data: image, height, width }: Planes): Promise<Planes> {
    const { scale } = this;
    const [data] = await this.network.run(NAME, this.#build, { image, height, width }, ['enlarged']);
    return { data: data!, channels: 3, height: scale * height, width: scale * width };
  }

  async release(): Promise<void> {
    await this.network.release();
  }

  readonly #build: Build<UpscalerInputs> = (weights, precision) =>
    this.architecture.network(weights, precision);
}
