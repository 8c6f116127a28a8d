// The IndexedDB databases of the library, through idb-keyval. One database per kind of thing: idb-keyval keeps one
// object store in each, and a damaged or evicted one does not take the others along. That of pictures has several stores:
// image-database.ts.
import { createStore, type UseStore } from 'idb-keyval';

function lazyStore(database: string): () => UseStore {
  let store: UseStore | undefined;
  return () => (store ??= createStore(database, 'entries'));
}

/** SHA-256 -> StoredModel. */
export const modelStore = lazyStore('darkroom-models');
/** `<import id>/<chunk index>` -> Blob of weights. */
export const weightStore = lazyStore('darkroom-weights');
/** Name -> anything a setting holds. */
export const settingStore = lazyStore('darkroom-settings');
/** Job id -> QueuedJob. */
export const queueStore = lazyStore('darkroom-queue');
/** `<job id>/<request>/<batch>/<part>` -> a part of what the UNet has answered so far. */
export const evaluationStore = lazyStore('darkroom-evaluations');
