// Colorizers of the library at work on the engine's device: each is loaded when it is first needed, and goes at the end of the work.
import { colorize } from '../../finishing/colorize.ts';
import type { Colorize } from '../../finishing/extras-step.ts';
import { getModel } from '../../library/models.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import { LoadedColorizer } from '../../runtime/loaded-colorizer.ts';
import { turn } from '../../runtime/turn.ts';
import type { NetworkMeans } from './network-means.ts';

export class Coloring {
  constructor(private readonly means: NetworkMeans) {}

  /** Nothing else is computed meanwhile. `stopped`: asked before each picture; the work then ends with InterruptedError. */
  async during<T>(stopped: () => boolean, work: (colorize: Colorize) => Promise<T>): Promise<T> {
    const loaded = new Map<string, LoadedColorizer>();
    try {
      return await work(async (picture, { sha256, name }) => {
        const colorizer = loaded.get(sha256) ?? (await this.#open(sha256, name));
        loaded.set(sha256, colorizer);
        await turn();
        if (stopped()) throw new InterruptedError();
        return colorize(picture, colorizer);
      });
    } finally {
      // What has failed says more than that memory cannot be given back.
      for (const colorizer of loaded.values()) await colorizer.release().catch(() => undefined);
    }
  }

  async #open(sha256: string, name: string): Promise<LoadedColorizer> {
    const file = await getModel(sha256);
    if (!file) {
      throw new BadParametersError(
        `The colorizer "${name}" is not in the library any more. Import its file again, or choose other colours under Recolor.`,
      );
    }
    const { device, makeWay, onEvent } = this.means;
    const on = await device();
    await makeWay();
    return LoadedColorizer.open(file, on, onEvent);
  }
}
