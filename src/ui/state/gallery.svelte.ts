// What is done with pictures of the library, wherever they are shown: thumbnails, favourites, deleting with a way back,
// downloads.
import { sweepTemporaryFiles } from '../../library/temporary-files.ts';
import { storedThumbnail, type Thumbnail } from '../../library/thumbnails.ts';
import type { ZipProgress } from '../../library/gallery-types.ts';
import { pictureName, zipFileName } from '../../library/file-names.ts';
import { isPlain, type SavedAs } from '../../library/saved-as.ts';
import { GalleryClient } from '../clients/gallery-client.ts';
import { toFailure } from '../failure.ts';
import { ThumbnailLoader } from '../gallery/thumbnail-loader.ts';
import type { Picture } from '../picture.ts';
import { saveFile } from '../save-file.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import { common } from '../strings/common.ts';
import { clock } from '../strings/locale.ts';
import { pictures as t } from '../strings/pictures.ts';

/** Milliseconds in which deleted pictures can be brought back. */
const UNDO_TIME = 300_000;

/** Milliseconds a thumbnail may take: a worker that hangs must not leave the tiles empty. */
const PATIENCE = 20_000;

interface Deletion {
  readonly ids: readonly string[];
  readonly notice: number;
}

export class Gallery {
  /** While a zip is packed. */
  packing = $state.raw<ZipProgress | null>(null);
  readonly thumbnails = new ThumbnailLoader((id) => this.#thumbnail(id));

  /** What makes files, here and for what is saved as it comes. */
  readonly worker = new GalleryClient();
  readonly #library: Library;
  readonly #notices: Notices;
  readonly #onDeleted: (ids: readonly string[]) => void;
  readonly #savedAs: () => SavedAs;
  /** The latest last. */
  #deletions: readonly Deletion[] = [];
  /** Pictures that were downloaded one by one since the page was opened. */
  #saved = 0;

  constructor(
    library: Library,
    notices: Notices,
    onDeleted: (ids: readonly string[]) => void,
    savedAs: () => SavedAs,
  ) {
    this.#library = library;
    this.#notices = notices;
    this.#onDeleted = onDeleted;
    this.#savedAs = savedAs;
  }

  /** Lists the pictures, follows their changes from then on, and frees in a while what earlier visits left to be freed. */
  async load(): Promise<void> {
    this.#library.followImages();
    await this.#library.refreshImages();
    this.#purgeLater(await this.#library.deletedImages());
    await sweepTemporaryFiles();
  }

  async setFavourite(ids: readonly string[], favourite: boolean): Promise<void> {
    await this.#attempt(t.favouriteNotKept, () => this.#library.setFavourite(ids, favourite));
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.#attempt(t.notDeleted(ids.length), async () => {
      const restorable = await this.#library.deleteImages(ids);
      this.#onDeleted(ids);
      if (restorable.length > 0) this.#offerUndo(restorable);
      await this.#library.refreshStorage();
    });
  }

  #offerUndo(ids: readonly string[]): void {
    const message = t.deletedAt(clock(Date.now()));
    const notice = this.#notices.inform(t.deleted(ids.length), message, [
      { label: common.undo, run: () => void this.#undo(deletion) },
    ]);
    const deletion = { ids, notice };
    this.#deletions = [...this.#deletions, deletion];
    setTimeout(() => this.#forget(deletion), UNDO_TIME);
    this.#purgeLater(ids);
  }

  /**
   * Counted from when this page saw them deleted: what a clock says may be days from what it said when they were. What is
   * not freed then is on a later visit, or when a new picture needs the room.
   */
  #purgeLater(ids: readonly string[]): void {
    if (ids.length === 0) return;
    setTimeout(() => {
      // Brought back and deleted again, they have their time anew.
      const again = this.#deletions.flatMap((deletion) => deletion.ids);
      const due = ids.filter((id) => !again.includes(id));
      this.#library.purgeImages(due).catch(() => undefined);
    }, UNDO_TIME);
  }

  /** Brings back what was deleted last. */
  async undo(): Promise<void> {
    const last = this.#deletions.at(-1);
    if (last) await this.#undo(last);
  }

  async #undo(deletion: Deletion): Promise<void> {
    this.#forget(deletion);
    await this.#attempt(t.notBroughtBack, async () => {
      const restored = await this.#library.restoreImages(deletion.ids);
      const lost = deletion.ids.length - restored.length;
      if (lost > 0) {
        this.#notices.warn(t.someNotBroughtBack(lost), t.roomNeeded);
      }
    });
  }

  #forget(deletion: Deletion): void {
    this.#deletions = this.#deletions.filter((other) => other !== deletion);
    this.#notices.dismiss(deletion.notice);
  }

  async download(picture: Picture): Promise<void> {
    const png = picture.png ?? (await this.#library.png(picture.id));
    if (!png) return void this.#notices.warn(t.gone, t.goneButParameters);
    const [how, index] = [this.#savedAs(), this.#saved++];
    if (isPlain(how)) return saveFile(png, pictureName(index, picture.seed));
    const { seed, createdAt, parameters } = picture;
    await this.#attempt(t.notSaved, async () => {
      const { name, file } = await this.worker.export({ seed, createdAt, parameters }, png, index, how);
      saveFile(file, name);
    });
  }

  /** As a zip, in this order. */
  async downloadAll(ids: readonly string[]): Promise<void> {
    if (this.packing) return;
    this.packing = { done: 0, total: ids.length };
    await this.#attempt(t.notPacked, async () => {
      const { status, file, missing } = await this.worker.zip(
        ids,
        this.#savedAs(),
        (progress) => (this.packing = progress),
      );
      if (file) saveFile(file, zipFileName(Date.now()));
      if (status === 'finished' && missing > 0) {
        this.#notices.warn(t.someNotPacked(missing), t.someNotPackedWhy);
      }
    });
    this.packing = null;
  }

  async cancelDownload(): Promise<void> {
    await this.worker.cancelZip().catch(() => undefined);
  }

  async #thumbnail(id: string): Promise<Thumbnail> {
    try {
      const stored = await storedThumbnail(id);
      if (stored) return { blob: stored };
      const made = await Promise.race([this.worker.thumbnail(id), after(PATIENCE)]);
      if (made) return made;
    } catch {
      // No worker, or one that cannot draw.
    }
    // The picture itself will do.
    const png = await this.#library.png(id);
    return png ? { blob: png } : { problem: 'missing' };
  }

  async #attempt(title: string, action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#notices.fail(title, toFailure(error));
    }
  }
}

function after(milliseconds: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), milliseconds));
}
