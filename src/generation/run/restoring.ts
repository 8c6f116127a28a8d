// Networks for faces of the library at work on the engine's device: each is loaded beside what is loaded when it is first needed, for
// one picture or for all of a work, and goes again; where there is room for one network at a time, the others go first.
import type { FaceDetector, RestorerName } from '../../finishing/faces/face.ts';
import { findFaces } from '../../finishing/faces/align.ts';
import { restoreFaces, type FaceTools } from '../../finishing/faces/restore-faces.ts';
import type { Pause } from '../../image/pause.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { faceFilesAmong } from '../../library/face-choice.ts';
import type { NamedFile } from '../../library/named-files.ts';
import { missingFaceFiles, restoringFiles } from '../../library/face-needs.ts';
import { listModels } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import { LoadedFaceApi } from '../../runtime/loaded-face-api.ts';
import { LoadedFaceDetector, LoadedFaceParser, LoadedFaceRestorer } from '../../runtime/loaded-faces.ts';
import { turn, turns } from '../../runtime/turn.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import type { NetworkMeans } from './network-means.ts';
import { TimeLeft } from './time-left.ts';

export class Restoring {
  constructor(private readonly means: NetworkMeans) {}

  /** Beside other networks: loaded for one picture. `stopped`: asked between faces; the work then ends with InterruptedError. */
  by(stopped: () => boolean): FaceTools {
    return {
      restore: (...asked) => this.during(stopped, ({ restore }) => restore(...asked)),
      find: (...asked) => this.during(stopped, ({ find }) => find(...asked)),
    };
  }

  /** Nothing else is computed meanwhile: each network is loaded once, and goes at the end. */
  async during<T>(stopped: () => boolean, work: (faces: FaceTools) => Promise<T>): Promise<T> {
    const loaded = new LoadedFaces(this.means);
    const job: FaceJob = { loaded, stopped, pause: pausesOf(stopped) };
    try {
      return await work({
        restore: (...asked) => this.#restored(job, ...asked),
        find: (picture) => this.#found(job, picture),
      });
    } finally {
      await loaded.release();
    }
  }

  async #restored(
    { loaded, stopped, pause }: FaceJob,
    picture: PixelImage,
    by: RestorerName,
    weight: number,
  ): Promise<PixelImage> {
    const models = await listModels();
    const files = restoringFiles(models, by);
    if (!files) throw new BadParametersError(missingFaces(models, by) ?? '');
    const { detector, restorer, parser } = files;
    const { onEvent } = this.means;
    onEvent({ type: 'loading', what: 'Looking for faces', fraction: 0, remainingMs: null });
    let time: TimeLeft | null = null;
    const onFace = async (index: number, count: number): Promise<void> => {
      time ??= new TimeLeft(count);
      const remainingMs = time.update(index);
      const what = index < count ? `Restoring face ${index + 1} of ${count} with ${by}` : 'Pasting the faces';
      onEvent({ type: 'loading', what, fraction: index / count, remainingMs });
      await heed(stopped);
    };
    await heed(stopped);
    return restoreFaces(
      picture,
      {
        detector: { detect: async (image) => (await loaded.detector(detector)).detect(image) },
        restorer: { restore: async (face) => (await loaded.restorer(restorer)).restore(face, weight) },
        parser: parser && {
          parse: async (face) => {
            await heed(stopped);
            return (await loaded.parser(parser)).parse(face);
          },
        },
      },
      { pause, onFace },
    );
  }

  async #found({ loaded, stopped, pause }: FaceJob, picture: PixelImage) {
    const { detector } = faceFilesAmong(await listModels());
    if (!detector) return [];
    await heed(stopped);
    return findFaces(picture, await loaded.detector(detector), pause);
  }
}

interface FaceJob {
  readonly loaded: LoadedFaces;
  readonly stopped: () => boolean;
  readonly pause: Pause;
}

/** Networks that are there, by their files. */
class LoadedFaces {
  readonly #networks = new Map<string, { release(): Promise<void> }>();

  constructor(private readonly means: NetworkMeans) {}

  /** RetinaFace, or face-api. */
  detector(file: StoredModel): Promise<FaceDetector & { release(): Promise<void> }> {
    return file.detection.face?.kind === 'retina-face'
      ? this.#open(file, LoadedFaceDetector)
      : this.#open(file, LoadedFaceApi);
  }

  restorer(file: StoredModel): Promise<LoadedFaceRestorer> {
    return this.#open(file, LoadedFaceRestorer);
  }

  parser(file: StoredModel): Promise<LoadedFaceParser> {
    return this.#open(file, LoadedFaceParser);
  }

  async release(): Promise<void> {
    // What has failed says more than that memory cannot be given back.
    for (const network of this.#networks.values()) await network.release().catch(() => undefined);
    this.#networks.clear();
  }

  async #open<T extends { release(): Promise<void> }>(file: StoredModel, kind: LoadedKind<T>): Promise<T> {
    const known = this.#networks.get(file.sha256);
    if (known) return known as T;
    const { device, makeWay, onEvent } = this.means;
    const on = await device();
    await makeWay();
    const network = await kind.open(file, on, onEvent);
    this.#networks.set(file.sha256, network);
    return network;
  }
}

interface LoadedKind<T> {
  open(...args: Parameters<(typeof LoadedFaceDetector)['open']>): Promise<T>;
}

async function heed(stopped: () => boolean): Promise<void> {
  await turn();
  if (stopped()) throw new InterruptedError();
}

function pausesOf(stopped: () => boolean): Pause {
  const pause = turns();
  return () =>
    pause()?.then(() => {
      if (stopped()) throw new InterruptedError();
    });
}

/** The same for a request: null where nothing is asked of it, too. */
export function missingFacesOf(
  { faceRestoration, faceRestorationModel }: ImageSettings,
  models: readonly NamedFile[],
): string | null {
  return faceRestoration ? missingFaces(models, faceRestorationModel) : null;
}

/** What is said where faces cannot be restored for want of a file; null where they can. */
export function missingFaces(models: readonly NamedFile[], by: RestorerName): string | null {
  const missing = missingFaceFiles(models, by).map(({ what, file }) => `${what} (${file})`);
  if (missing.length === 0) return null;
  return (
    `Faces cannot be restored: the library lacks ${missing.join(' and ')}. Import what is missing, or switch ` +
    `face restoration off.`
  );
}
