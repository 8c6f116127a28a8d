// The IndexedDB database of pictures.
//
// Three stores, all keyed by the picture's id, so that thousands are listed without touching their pixels:
//   entries     StoredImage: the whole picture, as it was saved; never changed afterwards
//   records     ImageRecord: what lists and searches need, with what the person adds (favourite, deleted)
//   thumbnails  Blob: made when a picture is first shown small; can be made again at any time
// Version 1 had `entries` alone; its records are drawn from there, without copying a picture.
import { openDB, type DBSchema } from 'idb';
import { parseImage, recordOf } from './image-record.ts';
import type { ImageDatabase } from './image-objects.ts';
import { memoryImages } from './memory/memory-images.ts';
import { memoryAccess } from './memory/memory-mode.ts';

/** Values are unknown until their reader has checked them. */
interface ImageSchema extends DBSchema {
  entries: { key: string; value: unknown };
  records: { key: string; value: unknown };
  thumbnails: { key: string; value: unknown };
}

const NAME = 'darkroom-images';
const VERSION = 2;

/** Pictures that are carried over at a time. */
const PAGE = 200;

let opening: Promise<ImageDatabase> | null = null;

/** Does something with the database. Where the browser closed it meanwhile (cleared or evicted), it is opened once more. */
export async function withImages<T>(use: (database: ImageDatabase) => Promise<T>): Promise<T> {
  const access = memoryAccess();
  if (access) return use(memoryImages(access));
  const database = await open();
  try {
    return await use(database);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
    opening = null;
    return use(await open());
  }
}

function open(): Promise<ImageDatabase> {
  if (opening) return opening;
  const attempt = openOnce();
  opening = attempt;
  attempt.catch(() => {
    if (opening === attempt) opening = null;
  });
  return attempt;
}

function openOnce(): Promise<ImageDatabase> {
  return new Promise((resolve, reject) => {
    openDB<ImageSchema>(NAME, VERSION, {
      async upgrade(database, from, _to, transaction) {
        if (from < 1) database.createObjectStore('entries');
        database.createObjectStore('records');
        database.createObjectStore('thumbnails');
        const entries = transaction.objectStore('entries');
        const keys = await entries.getAllKeys();
        for (let first = 0; first < keys.length; first += PAGE) {
          const page = keys.slice(first, first + PAGE);
          const values = await entries.getAll(IDBKeyRange.bound(page[0], page.at(-1)));
          const images = values.map((value, index) => parseImage(page[index] ?? '', value));
          const records = images.filter((image) => image !== null).map(recordOf);
          await Promise.all(
            records.map((record) => transaction.objectStore('records').put(record, record.id)),
          );
        }
      },
      blocked() {
        reject(
          new Error(
            'Another tab has an older version of Darkroom open, which keeps the pictures from being read. Close it, then reload this page.',
          ),
        );
      },
      blocking(_from, _to, event) {
        // A newer version in another tab must not wait for this one.
        (event.target as IDBDatabase).close();
        opening = null;
      },
      terminated() {
        opening = null;
      },
    }).then(
      (database) => resolve(database as unknown as ImageDatabase),
      (error: unknown) => {
        reject(
          error instanceof DOMException && error.name === 'VersionError'
            ? new Error('A newer version of Darkroom has opened the pictures. Reload this page to use it.')
            : error,
        );
      },
    );
  });
}
