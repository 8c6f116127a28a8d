// A disk without room, for tests of what then happens.
import { expect, type CDPSession, type Page } from '@playwright/test';

/** Leaves the page's origin no room at all; returns when the browser refuses to write. */
export async function fillDisk(session: CDPSession, page: Page): Promise<void> {
  const { origin } = new URL(page.url());
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  // Chromium goes by what it last knew of the room for a while.
  await expect.poll(() => page.evaluate(writeSomething), { timeout: 300_000 }).toBe('QuotaExceededError');
}

/** Name of the error that a small write ends with; null where it succeeds. Runs on the page. */
function writeSomething(): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('darkroom-settings');
    opening.onerror = () => reject(new Error(String(opening.error)));
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction('entries', 'readwrite');
      transaction.objectStore('entries').put('x', 'test.room');
      const end = (name: string | null) => {
        database.close();
        resolve(name);
      };
      transaction.oncomplete = () => end(null);
      transaction.onabort = () => end(transaction.error?.name ?? 'unknown');
    };
  });
}
