// The models and pictures that are kept, as lists the page shows.
import { deleteImage, listImages } from '../../library/images.ts';
import {
  deleteModel,
  inspectModels,
  renameModel,
  setPrediction,
  type DamagedModel,
} from '../../library/models.ts';
import { noteModels } from '../../library/presence.ts';
import { storageReport, type StorageReport } from '../../library/storage.ts';
import type { StoredImage, StoredModel } from '../../library/types.ts';
import type { Prediction } from '../../models/types.ts';

export class Library {
  models = $state.raw<readonly StoredModel[]>([]);
  /** Records that are of no use any more. */
  damaged = $state.raw<readonly DamagedModel[]>([]);
  /** Models that were there when the page was last open, where none is now: the browser has deleted them. */
  evicted = $state(0);
  images = $state.raw<readonly StoredImage[]>([]);
  storage = $state.raw<StorageReport | null>(null);
  /** False until the models have been read once. */
  loaded = $state(false);

  async refreshModels(): Promise<void> {
    const { models, damaged } = await inspectModels();
    this.models = models;
    this.damaged = damaged;
    const gone = noteModels(models.length + damaged.length);
    // The note is gone once it is read.
    if (models.length + damaged.length > 0) this.evicted = 0;
    else if (gone > 0) this.evicted = gone;
    this.loaded = true;
    await this.refreshStorage();
  }

  async refreshImages(): Promise<void> {
    this.images = await listImages();
  }

  async refreshStorage(): Promise<void> {
    this.storage = await storageReport();
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

  async deleteModel(sha256: string): Promise<void> {
    await deleteModel(sha256);
    // The last one that the person deletes is not missed.
    noteModels(0);
    await this.refreshModels();
  }

  async deleteImage(id: string): Promise<void> {
    await deleteImage(id);
    this.images = this.images.filter((image) => image.id !== id);
    await this.refreshStorage();
  }

  /** Asks the browser never to evict the library by itself. Returns whether it agreed. */
  async askToPersist(): Promise<boolean> {
    const granted = (await navigator.storage?.persist?.()) ?? false;
    await this.refreshStorage();
    return granted;
  }
}
