// Web Locks: what only one of all tabs and workers may do at a time. The browser gives up those of whoever dies.

/** Held for the length of an import: one at a time. Earlier versions hold it, too. */
export const IMPORT_LOCK = 'darkroom-import';
/** Held for a moment by everything that writes or deletes models. */
export const MODELS_LOCK = 'darkroom-models';

/** Runs `work` while nobody else holds the lock. Rejects with an AbortError when `signal` says so before it is had. */
export async function exclusively<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = lockManager();
  if (!locks) return work();
  let had = false;
  try {
    return await locks.request(name, signal ? { signal } : {}, () => {
      had = true;
      return work();
    });
  } catch (error) {
    // Refused to pages without an origin of their own: nobody shares what they store.
    if (had || signal?.aborted) throw error;
    return work();
  }
}

/** Runs `work` if nobody holds the lock now; null where somebody does, or where there is no telling. */
export async function ifFree<T>(name: string, work: () => Promise<T>): Promise<T | null> {
  const locks = lockManager();
  if (!locks) return null;
  return locks.request(name, { ifAvailable: true }, async (lock) => (lock ? work() : null));
}

/** Missing in pages that are not secure, and outside of browsers. */
function lockManager(): LockManager | undefined {
  const { navigator } = globalThis as { readonly navigator?: { readonly locks?: LockManager } };
  return navigator?.locks;
}
