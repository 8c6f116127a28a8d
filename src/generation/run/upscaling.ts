// Upscalers of the library at work on the engine's device: each is loaded beside what is loaded, for one picture or for all of a work,
// and goes again; where there is room for one network at a time, the others go first.
import { enlargeBy } from '../../finishing/network-upscale.ts';
import { upscale, upscaleBuiltIn, type Upscale } from '../../finishing/upscale.ts';
import { ImageError } from '../../image/errors.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { isBuiltIn } from '../../image/upscale.ts';
import { listModels } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import { findUpscaler, upscalersAmong } from '../../library/upscaler-choice.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import { LoadedUpscaler } from '../../runtime/loaded-upscaler.ts';
import { turn } from '../../runtime/turn.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import type { SizedRequest } from '../request/request.ts';
import { askedUpscalers, type AskedUpscaler } from '../request/upscalers.ts';
import { upscalerTiles } from '../request/upscaler-tiles.ts';
import type { NetworkMeans } from './network-means.ts';
import { TimeLeft } from './time-left.ts';

export class Upscaling {
  constructor(private readonly means: NetworkMeans) {}

  /** Beside other networks: loaded for one picture. `stopped`: asked before each tile; the work then ends with InterruptedError. */
  by(settings: ImageSettings, stopped: () => boolean): Upscale {
    return (...asked) => this.during(settings, stopped, (upscale) => upscale(...asked));
  }

  /** Nothing else is computed meanwhile: each upscaler is loaded once, and goes at the end. */
  async during<T>(
    settings: ImageSettings,
    stopped: () => boolean,
    work: (upscale: Upscale) => Promise<T>,
  ): Promise<T> {
    const loaded = new Map<string, LoadedUpscaler>();
    try {
      return await work((...asked) => this.#enlarged(loaded, settings, stopped, ...asked));
    } finally {
      // What has failed says more than that memory cannot be given back.
      for (const network of loaded.values()) await network.release().catch(() => undefined);
    }
  }

  async #enlarged(
    loaded: Map<string, LoadedUpscaler>,
    settings: ImageSettings,
    stopped: () => boolean,
    ...[image, name, scale]: Parameters<Upscale>
  ): Promise<PixelImage> {
    if (isBuiltIn(name)) return upscaleBuiltIn(image, name, scale);
    const { device, makeWay, onEvent } = this.means;
    const found = findUpscaler(upscalersAmong(await listModels()), name);
    if (!found) throw new BadParametersError(notThere({ name, where: 'Upscaler' }));
    const { sha256, detection } = found.model;
    let network = loaded.get(sha256);
    if (!network) {
      const on = await device();
      await makeWay();
      network = await LoadedUpscaler.open(found.model, on, onEvent);
      loaded.set(sha256, network);
    }
    const at = network;
    try {
      return await upscale(image, scale, (picture) => {
        let time: TimeLeft | null = null;
        const onTile = async (done: number, total: number): Promise<void> => {
          time ??= new TimeLeft(total);
          const remainingMs = time.update(done);
          onEvent({ type: 'loading', what: `Upscaling with ${name}`, fraction: done / total, remainingMs });
          await turn();
          if (stopped()) throw new InterruptedError();
        };
        return enlargeBy(at, picture, { ...upscalerTiles(settings, detection), onTile });
      });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      throw new BadParametersError(`The picture cannot be enlarged with ${name}. ${error.message}`);
    }
  }
}

/** What is said where a request names an upscaler that is not in the library; null where all are. */
export function missingUpscaler(request: SizedRequest, models: readonly StoredModel[]): string | null {
  return missingOf(askedUpscalers(request), models);
}

export function missingOf(asked: readonly AskedUpscaler[], models: readonly StoredModel[]): string | null {
  const upscalers = upscalersAmong(models);
  const missing = asked.find(({ name }) => findUpscaler(upscalers, name) === null);
  return missing ? notThere(missing) : null;
}

function notThere({ name, where }: AskedUpscaler): string {
  return (
    `The upscaler "${name}" is not in the library. Import its file (.pth or .safetensors), or choose another ` +
    `under ${where}.`
  );
}

/** The files of the upscalers that a request names, of those that are there. */
export function knownUpscalerFiles(
  request: SizedRequest,
  models: readonly StoredModel[],
): readonly StoredModel[] {
  const upscalers = upscalersAmong(models);
  return askedUpscalers(request).flatMap(({ name }) => findUpscaler(upscalers, name)?.model ?? []);
}
