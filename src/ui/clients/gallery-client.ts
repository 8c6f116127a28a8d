// The gallery's worker as the page sees it: started with the first thumbnail that has to be made.
import { proxy } from 'comlink';
import type { GalleryApi, ZipOutcome, ZipProgress } from '../../library/gallery-types.ts';
import type { ExportedFile, ExportedPicture } from '../../library/picture-export.ts';
import type { GridOrder } from '../../generation/request/grids.ts';
import type { PlotGrid } from '../../plots/plan.ts';
import type { KeptGrid } from '../../library/keep-grid.ts';
import type { OutputPicture } from '../../library/output-folder.ts';
import type { SavedAs } from '../../library/saved-as.ts';
import type { GivenSavedTo } from '../../library/saved-to.ts';
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

  /** Rejects with the browser's own error: its name says what is wrong with the folder. */
  async saveOutput(
    folder: FileSystemDirectoryHandle,
    picture: OutputPicture,
    how: SavedAs,
    to: GivenSavedTo,
  ): Promise<string> {
    return this.#alive().call((gallery) => gallery.saveOutput(folder, picture, how, to));
  }

  async keepGrid(order: GridOrder, to: GivenSavedTo): Promise<KeptGrid | null> {
    return this.#alive().call(async (gallery): Promise<KeptGrid | null> => gallery.keepGrid(order, to));
  }

  async keepPlot(job: string, ids: readonly string[], grid: PlotGrid): Promise<readonly KeptGrid[]> {
    return this.#alive().call(async (gallery): Promise<readonly KeptGrid[]> =>
      gallery.keepPlot(job, ids, grid),
    );
  }

  async grid(
    pictures: readonly Blob[],
    batchSize: number,
    parameters: string,
    to: GivenSavedTo,
  ): Promise<Blob> {
    return this.#alive().call(async (gallery): Promise<Blob> =>
      gallery.grid(pictures, batchSize, parameters, to),
    );
  }

  async hiddenText(png: Blob): Promise<string | null> {
    return this.#alive().call((gallery) => gallery.hiddenText(png));
  }

  async cancelZip(): Promise<void> {
    await this.#link?.call((gallery) => gallery.cancelZip());
  }

  #alive(): WorkerLink<GalleryApi> {
    if (this.#link?.dead) this.#link = null;
    return (this.#link ??= new WorkerLink<GalleryApi>(this.#spawn(), 'gallery'));
  }
}
