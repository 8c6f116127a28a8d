// The gallery's worker as the page sees it: started with the first thumbnail that has to be made.
import { proxy } from 'comlink';
import type { GalleryApi, ZipOutcome, ZipProgress } from '../../library/gallery-types.ts';
import type { Thumbnail } from '../../library/thumbnails.ts';
import { startWorker } from './start-worker.ts';
import { WorkerLink } from './worker-link.ts';

/** Every method rejects with a Failure. */
export class GalleryClient {
  #link: WorkerLink<GalleryApi> | null = null;
  readonly #spawn: () => Worker;

  constructor(spawn: () => Worker = () => startWorker('gallery')) {
    this.#spawn = spawn;
  }

  async thumbnail(id: string): Promise<Thumbnail> {
    return this.#alive().call(async (gallery): Promise<Thumbnail> => gallery.thumbnail(id));
  }

  async zip(ids: readonly string[], onProgress: (progress: ZipProgress) => void): Promise<ZipOutcome> {
    return this.#alive().call((gallery) => gallery.zip(ids, proxy(onProgress)));
  }

  async cancelZip(): Promise<void> {
    await this.#link?.call((gallery) => gallery.cancelZip());
  }

  #alive(): WorkerLink<GalleryApi> {
    if (this.#link?.dead) this.#link = null;
    return (this.#link ??= new WorkerLink<GalleryApi>(this.#spawn(), 'gallery'));
  }
}
