// The IndexedDB databases of the library, each as values by key. One database per kind of thing: a damaged or evicted one
// does not take the others along. That of pictures has several stores: image-database.ts.
import { createStore, delMany, get, getMany, keys, promisifyRequest, set, type UseStore } from 'idb-keyval';
import { memoryAccess } from './memory/memory-mode.ts';
import { memoryStore } from './memory/memory-store.ts';
import type { Store, StoreKey } from './store.ts';

/** A database of the browser's, opened when first used. */
function browserStore(database: string): Store {
  let opened: UseStore | undefined;
  const store = () => (opened ??= createStore(database, 'entries'));
  return {
    get: (key) => get<unknown>(key, store()),
    getMany: (wanted) => getMany<unknown>([...wanted], store()),
    keys: () => keys<StoreKey>(store()),
    async entries() {
      try {
        return await store()('readonly', async (entries) => {
          const [found, values] = await Promise.all([
            promisifyRequest(entries.getAllKeys()),
            promisifyRequest<unknown[]>(entries.getAll()),
          ]);
          return found.map((key, index) => [key, values[index]] as const);
        });
      } catch {
        // One value that the browser cannot read fails them all. Where it is the database, the keys fail, too.
        const found = await keys<StoreKey>(store());
        const read = (key: StoreKey) => get<unknown>(key, store()).catch(() => undefined);
        return Promise.all(found.map(async (key) => [key, await read(key)] as const));
      }
    },
    set: (key, value) => set(key, value, store()),
    change: (key, apply) =>
      store()('readwrite', async (entries) => {
        const changed = apply(await promisifyRequest<unknown>(entries.get(key)));
        if (changed !== undefined) await promisifyRequest(entries.put(changed, key));
        return changed;
      }),
    delete: (gone) => delMany([...gone], store()),
  };
}

/** In the browser's storage, or in memory where this window may not store anything. */
function storeOf(database: string): Store {
  const stored = browserStore(database);
  const held = memoryStore(database, () => memoryAccess()!);
  const now = (): Store => (memoryAccess() ? held : stored);
  return {
    get: (key) => now().get(key),
    getMany: (keys) => now().getMany(keys),
    keys: () => now().keys(),
    entries: () => now().entries(),
    set: (key, value) => now().set(key, value),
    change: (key, apply) => now().change(key, apply),
    delete: (keys) => now().delete(keys),
  };
}

/** SHA-256 -> StoredModel. */
export const modelStore = storeOf('darkroom-models');
/** `<import id>/<chunk index>` -> Blob of weights. */
export const weightStore = storeOf('darkroom-weights');
/** Import id -> ImportIntent: whose chunks are being written or deleted (import-intents.ts). */
export const intentStore = storeOf('darkroom-imports');
/** SHA-256 of an add-on -> AddOnCard: what is told of it (add-on-cards.ts). */
export const cardStore = storeOf('darkroom-add-on-cards');
/** Name -> anything a setting holds. */
export const settingStore = storeOf('darkroom-settings');
/** SHA-256 -> a picture that others were painted over (source-pictures.ts). */
export const sourceStore = storeOf('darkroom-sources');
/** Name -> InstalledExtension (extensions.ts). */
export const extensionStore = storeOf('darkroom-extensions');
/** Job id -> QueuedJob. */
export const queueStore = storeOf('darkroom-queue');
/** `<job id>/<request>/<batch>/<part>` -> a part of what the UNet has answered so far. */
export const evaluationStore = storeOf('darkroom-evaluations');
