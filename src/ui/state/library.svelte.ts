// The models and pictures that are kept, as lists the page shows.
import { imageChanges, modelChanges } from '../../library/change-channel.ts';
import {
  isSound,
  keepUnchanged,
  without,
  type ImageRecord,
  type ListedImage,
} from '../../library/image-record.ts';
import {
  deletedImages,
  deleteImages,
  findImages,
  listImages,
  newestFirst,
  purgeImages,
  readPng,
  restoreImages,
  setFavourite,
} from '../../library/images.ts';
import { sweepDeadImports } from '../../library/import-intents.ts';
import { memoryAccess } from '../../library/memory/memory-mode.ts';
import {
  deleteModel,
  deleteUnclaimed,
  inspectModels,
  renameModel,
  setPrediction,
  setSoundPositions,
  type DamagedModel,
  type Unclaimed,
} from '../../library/models.ts';
import { noteModels } from '../../library/presence.ts';
import type { StoreKey } from '../../library/store.ts';
import { storageReport, type StorageReport } from '../../library/storage.ts';
import type { StoredModel } from '../../library/types.ts';
import type { Prediction } from '../../sampling/types.ts';
import { failures as t } from '../strings/failures.ts';

export class Library {
  models = $state.raw<readonly StoredModel[]>([]);
  /** Records that are of no use any more. */
  damaged = $state.raw<readonly DamagedModel[]>([]);
  /** Models that were there when the page was last open, where none is now: the browser has deleted them. */
  evicted = $state(0);
  /** Newest first, damaged ones last. */
  images = $state.raw<readonly ListedImage[]>([]);
  /** Those of them that are sound. */
  readonly pictures: readonly ImageRecord[] = $derived(this.images.filter(isSound));
  /** False until the pictures have been listed once. */
  imagesListed = $state(false);
  storage = $state.raw<StorageReport | null>(null);
  unclaimed = $state.raw<Unclaimed>({ chunks: 0, bytes: 0 });
  /** False until the models have been read once. */
  loaded = $state(false);

  async refreshModels(): Promise<void> {
    const { models, damaged, unclaimed } = await inspectModels();
    this.models = models;
    this.damaged = damaged;
    this.unclaimed = unclaimed;
    const gone = noteModels(models.length + damaged.length);
    // The note is gone once it is read.
    if (models.length + damaged.length > 0) this.evicted = 0;
    else if (gone > 0) this.evicted = gone;
    this.loaded = true;
    await this.refreshStorage();
  }

  /** Frees what imports left that were cut short. */
  async sweepImports(): Promise<void> {
    if ((await sweepDeadImports()) > 0) await this.refreshModels();
  }

  /** Follows what other tabs and the importer do to the models. Returns what ends it. */
  followModels(): () => void {
    let reading = false;
    let again = false;
    return modelChanges.onChange(() => {
      again = true;
      if (reading) return;
      reading = true;
      const read = async (): Promise<void> => {
        while (again) {
          again = false;
          await this.refreshModels();
        }
      };
      // A failure here shows when something is done with the model.
      read()
        .catch(() => undefined)
        .finally(() => (reading = false));
    });
  }

  async refreshImages(): Promise<void> {
    this.images = keepUnchanged(this.images, await listImages());
    this.imagesListed = true;
  }

  /** Follows what the engine and other tabs do to the pictures. Returns what ends it. */
  followImages(): () => void {
    return imageChanges.onChange(({ ids }) => {
      // A failure here shows when something is done with the picture.
      this.#reread(ids).catch(() => undefined);
    });
  }

  async #reread(ids: readonly string[]): Promise<void> {
    const found = await findImages(ids);
    this.images = newestFirst([...without(this.images, ids), ...found]);
  }

  async refreshStorage(): Promise<void> {
    // Of what is in memory the browser's figures tell nothing.
    this.storage = memoryAccess() ? null : await storageReport();
  }

  find(sha256: string | null): StoredModel | null {
    return this.models.find((model) => model.sha256 === sha256) ?? null;
  }

  async rename(sha256: string, name: string): Promise<void> {
    await renameModel(sha256, name);
    await this.refreshModels();
  }

  async setPrediction(sha256: string, prediction: Prediction | null): Promise<void> {
    await setPrediction(sha256, prediction);
    await this.refreshModels();
  }

  async setSoundPositions(sha256: string, sound: boolean): Promise<void> {
    await setSoundPositions(sha256, sound);
    await this.refreshModels();
  }

  async deleteModel(key: StoreKey): Promise<void> {
    await deleteModel(key);
    // The last one that the person deletes is not missed.
    noteModels(0);
    await this.refreshModels();
  }

  /** Frees the weights that belong to nothing. Rejects with an Error for people where that cannot be now. */
  async deleteUnclaimed(): Promise<void> {
    if (!(await deleteUnclaimed())) {
      throw new Error(t.weightsInUse);
    }
    await this.refreshModels();
  }

  /** Null when the browser no longer has it. */
  async png(id: string): Promise<Blob | null> {
    return readPng(id).catch(() => null);
  }

  isFavourite(id: string): boolean {
    return this.pictures.find((picture) => picture.id === id)?.favourite ?? false;
  }

  async setFavourite(ids: readonly string[], favourite: boolean): Promise<void> {
    await setFavourite(ids, favourite);
    await this.#reread(ids);
  }

  /** Resolves with those that can be restored, until they are purged: all but damaged ones. */
  async deleteImages(ids: readonly string[]): Promise<readonly string[]> {
    const restorable = await deleteImages(ids);
    this.images = without(this.images, ids);
    return restorable;
  }

  /** Resolves with those that are there again. */
  async restoreImages(ids: readonly string[]): Promise<readonly string[]> {
    const restored = await restoreImages(ids);
    await this.#reread(restored);
    return restored;
  }

  /** Of pictures that were deleted and can be restored. */
  async deletedImages(): Promise<readonly string[]> {
    return deletedImages();
  }

  /** Frees those that are deleted, still, with what they alone were painted over. */
  async purgeImages(ids: readonly string[]): Promise<void> {
    const { sweepSources } = await import('../../library/source-pictures.ts');
    const freed = (await purgeImages(ids)) + (await sweepSources());
    if (freed > 0) await this.refreshStorage();
  }

  /** Asks the browser never to evict the library by itself. Returns whether it agreed. */
  async askToPersist(): Promise<boolean> {
    const granted = (await navigator.storage?.persist?.()) ?? false;
    await this.refreshStorage();
    return granted;
  }
}
