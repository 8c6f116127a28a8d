// Whether this window may store anything. Private windows, cookies that are switched off and rules of an organisation take all of
// it away: the databases are not there, or refuse to be opened.
import { holdInMemory } from './memory/memory-mode.ts';
import { modelStore, queueStore, settingStore } from './stores.ts';

/** Milliseconds. A browser that does not answer is not taken for one that refuses. */
const PATIENCE = 3000;

/** The page's search parameter that opens it without what is stored, which may be what ends it. */
const WITHOUT = 'without-library';

/**
 * stored: as usual. blocked: the window may store nothing. asked: the person opened it without the library. In the last two
 * everything is held in memory until the page is closed.
 */
export type StorageAccess = 'stored' | 'blocked' | 'asked';

/** From the page's address. */
export function openedWithoutLibrary(): boolean {
  return new URLSearchParams(location.search).has(WITHOUT);
}

/** Address of this page without the library. */
export function addressWithoutLibrary(): string {
  return `${location.pathname}?${WITHOUT}`;
}

/** Settles where this page keeps its things. Call it before anything is stored, and before a worker is started. */
export async function settleStorage(): Promise<StorageAccess> {
  const access = openedWithoutLibrary() ? 'asked' : (await isBlocked()) ? 'blocked' : 'stored';
  if (access !== 'stored') holdInMemory();
  return access;
}

/** One database that fails may be damaged; where all of them fail, nothing can be stored. */
async function isBlocked(): Promise<boolean> {
  const stores = [settingStore, modelStore, queueStore];
  const asked = Promise.allSettled(stores.map(async (store) => store.keys()));
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE));
  const answers = await Promise.race([asked, late]);
  return answers !== null && answers.every(({ status }) => status === 'rejected');
}
