// The gallery's worker as the page sees it: started with the first thumbnail that has to be made.
import { proxy } from 'comlink';
import type { GalleryApi, ZipOutcome, ZipProgress } from '../../library/gallery-types.ts';
import type { ExportedFile, ExportedPicture } from '../../library/picture-export.ts';
import type { SavedAs } from '../../library/saved-as.ts';
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

  async zip(
    ids: readonly string[],
    how: SavedAs,
    onProgress: (progress: ZipProgress) => void,
  ): Promise<ZipOutcome> {
    return this.#alive().call((gallery) => gallery.zip(ids, how, proxy(onProgress)));
  }

  async export(picture: ExportedPicture, png: Blob, index: number, how: SavedAs): Promise<ExportedFile> {
    return this.#alive().call(async (gallery): Promise<ExportedFile> =>
      gallery.export(picture, png, index, how),
    );
  }

  async cancelZip(): Promise<void> {
    await this.#link?.call((gallery) => gallery.cancelZip());
  }

  #alive(): WorkerLink<GalleryApi> {
    if (this.#link?.dead) this.#link = null;
    return (this.#link ??= new WorkerLink<GalleryApi>(this.#spawn(), 'gallery'));
  }
}
