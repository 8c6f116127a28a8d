// A colorizer of the library with its network.
import type { Planes } from '../image/tiles.ts';
import { ddColorNetwork } from '../models/colorizers/ddcolor.ts';
import { FileNetwork, type Opening } from './file-network.ts';

/** What DDColor's own pipeline brings pictures to. */
const SIDE = 512;

export class LoadedColorizer {
  readonly size = { height: SIDE, width: SIDE };

  private constructor(private readonly network: FileNetwork) {}

  static async open(...opening: Opening): Promise<LoadedColorizer> {
    const [file] = opening;
    if (!file.detection.colorizer) throw new Error(`"${file.name}" is no colorizer.`);
    return new LoadedColorizer(await FileNetwork.open(true, ...opening));
  }

  /** A grey picture, [3, SIDE, SIDE], three times the same, 0..1 -> [2, SIDE, SIDE], a and b of CIE Lab. */
  async colours({ data: image }: Planes): Promise<Planes> {
    const [data] = await this.network.run(
      'colorizer',
      (weights, precision) => ddColorNetwork(weights, precision, this.size),
      { image },
      ['ab'],
    );
    return { channels: 2, ...this.size, data: data! };
  }

  async release(): Promise<void> {
    await this.network.release();
  }
}
