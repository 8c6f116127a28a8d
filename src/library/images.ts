// Finished pictures, kept until the person deletes them. Lists are read without pixels (see image-database.ts).
import { imageChanges } from './change-channel.ts';
import { withImages } from './image-database.ts';
import type { ImageDatabase } from './image-objects.ts';
import {
  isDamaged,
  parseImage,
  parseRecord,
  recordOf,
  type ImageRecord,
  type ListedImage,
} from './image-record.ts';
import { explainStorageFailure, sizeText } from './storage.ts';
import type { StoredImage } from './types.ts';

/** Records that are read in one go: few enough to leave the thread to others in between. */
const PAGE = 500;

/** Rejects with StorageFullError where there is no room; the caller still holds the picture. */
export async function saveImage(image: StoredImage): Promise<void> {
  try {
    await write(image);
  } catch (error) {
    const full = error instanceof DOMException && error.name === 'QuotaExceededError';
    // What was deleted a moment ago takes room, too.
    if (!full || (await purgeImages()) === 0) {
      throw explainStorageFailure(error, noRoomFor(image));
    }
    await write(image).catch((again: unknown) => {
      throw explainStorageFailure(again, noRoomFor(image));
    });
  }
  imageChanges.announce([image.id]);
}

function noRoomFor({ png }: StoredImage): string {
  return `there is no room for a picture of ${sizeText(png.size)}`;
}

async function write(image: StoredImage): Promise<void> {
  await withImages(async (database) => {
    const transaction = database.transaction(['entries', 'records'], 'readwrite');
    await Promise.all([
      transaction.objectStore('entries').put(image, image.id),
      transaction.objectStore('records').put(recordOf(image), image.id),
      transaction.done,
    ]);
  });
}

/** Newest first, damaged ones last; those that were deleted are left out. */
export async function listImages(): Promise<ListedImage[]> {
  return withImages(async (database) => {
    const [known, stored] = await Promise.all([
      database.getAllKeys('records'),
      database.getAllKeys('entries'),
    ]);
    const ids = [...new Set([...known, ...stored])].sort();
    const images: ListedImage[] = [];
    for (let first = 0; first < ids.length; first += PAGE) {
      images.push(...(await readPage(database, ids.slice(first, first + PAGE))));
    }
    return newestFirst(images);
  });
}

/** Those of `ids` that are there and not deleted, in no order. */
export async function findImages(ids: readonly string[]): Promise<ListedImage[]> {
  return withImages(async (database) => {
    const read = await Promise.all(ids.map((id) => readOne(database, id)));
    return read.filter((image) => image !== null && !wasDeleted(image)) as ListedImage[];
  });
}

/** Newest first, damaged ones last. */
export function newestFirst(images: readonly ListedImage[]): ListedImage[] {
  const time = (image: ListedImage): number => (isDamaged(image) ? -Infinity : image.createdAt);
  return [...images].sort((a, b) => time(b) - time(a) || (a.id < b.id ? -1 : 1));
}

function wasDeleted(image: ListedImage): boolean {
  return !isDamaged(image) && image.deletedAt !== null;
}

async function readPage(database: ImageDatabase, ids: readonly string[]): Promise<ListedImage[]> {
  const range = IDBKeyRange.bound(ids[0], ids.at(-1));
  const found = new Map<string, unknown>();
  try {
    const store = database.transaction('records').store;
    const [keys, values] = await Promise.all([store.getAllKeys(range), store.getAll(range)]);
    keys.forEach((key, index) => found.set(key, values[index]));
  } catch {
    // One record that the browser cannot read fails them all: they are read one by one below.
  }
  const images = await Promise.all(ids.map((id) => parseRecord(id, found.get(id)) ?? readOne(database, id)));
  return images.filter((image) => image !== null && !wasDeleted(image)) as ListedImage[];
}

/** A record that is missing or damaged is drawn anew from the picture, where that is sound. Null: nothing is there. */
async function readOne(database: ImageDatabase, id: string): Promise<ListedImage | null> {
  const damaged = { id, damaged: true } as const;
  try {
    const value = await database.get('records', id);
    const record = parseRecord(id, value);
    if (record) return record;
    const entry = await database.get('entries', id);
    const image = parseImage(id, entry);
    if (!image) return value === undefined && entry === undefined ? null : damaged;
    const drawn = recordOf(image);
    await database.put('records', drawn, id);
    return drawn;
  } catch {
    return damaged;
  }
}

/** The PNG; null when the browser no longer has it. */
export async function readPng(id: string): Promise<Blob | null> {
  const image = await withImages(async (database) => parseImage(id, await database.get('entries', id)));
  if (!image || image.png.size === 0) return null;
  try {
    // A Blob whose file was evicted is there, but not to be read.
    await image.png.slice(-1).arrayBuffer();
    return image.png;
  } catch {
    return null;
  }
}

/** Whole pictures, newest first: for few of them. Those that cannot be read are passed over. */
export async function readImages(): Promise<StoredImage[]> {
  const ids = (await listImages()).map(({ id }) => id);
  return withImages(async (database) => {
    const values = await Promise.all(
      ids.map(async (id) => parseImage(id, await database.get('entries', id))),
    );
    return values.filter((image) => image !== null);
  });
}

export async function setFavourite(ids: readonly string[], favourite: boolean): Promise<void> {
  await change(ids, (record) => ({ ...record, favourite }));
}

/** They are listed no more. Resolves with those that can be restored until they are purged; damaged ones are gone at once. */
export async function deleteImages(ids: readonly string[]): Promise<string[]> {
  const deletedAt = Date.now();
  const unreadable = await change(ids, (record) => ({ ...record, deletedAt }));
  if (unreadable.length > 0) await remove(unreadable);
  const gone = new Set(unreadable);
  return ids.filter((id) => !gone.has(id));
}

/** Resolves with those that are there again. */
export async function restoreImages(ids: readonly string[]): Promise<string[]> {
  const gone = new Set(await change(ids, (record) => ({ ...record, deletedAt: null })));
  return ids.filter((id) => !gone.has(id));
}

/** Ids of those that were deleted and can be restored. */
export async function deletedImages(): Promise<string[]> {
  const found: string[] = [];
  await forEachRecord(({ id, deletedAt }) => {
    if (deletedAt !== null) found.push(id);
  });
  return found;
}

/** Tells the parameters text of every picture, of deleted ones that can be restored, too. */
export async function parametersTexts(tell: (text: string) => void): Promise<void> {
  await forEachRecord(({ parameters }) => tell(parameters));
}

/** Every sound record, a page at a time. */
async function forEachRecord(tell: (record: ImageRecord) => void): Promise<void> {
  await withImages(async (database) => {
    const keys = await database.getAllKeys('records');
    for (let first = 0; first < keys.length; first += PAGE) {
      const page = keys.slice(first, first + PAGE);
      const values = await database.getAll('records', IDBKeyRange.bound(page[0], page.at(-1)));
      for (const value of values) {
        const record = parseRecord((value as { id?: string } | undefined)?.id ?? '', value);
        if (record) tell(record);
      }
    }
  });
}

/** Frees those that are deleted, still: all, or those of `ids`. Resolves with how many those were. */
export async function purgeImages(ids?: readonly string[]): Promise<number> {
  const deleted = new Set(await deletedImages());
  const gone = ids ? ids.filter((id) => deleted.has(id)) : [...deleted];
  if (gone.length > 0) await remove(gone);
  return gone.length;
}

/** Changes records, all in one transaction. Resolves with the ids that have no sound record. */
async function change(
  ids: readonly string[],
  apply: (record: ImageRecord) => ImageRecord,
): Promise<string[]> {
  const unreadable: string[] = [];
  try {
    unreadable.push(...(await changeTogether(ids, apply)));
  } catch (error) {
    if (!isReadFailure(error)) throw explainStorageFailure(error, 'the pictures were not changed');
    // A record that the browser cannot read ends the transaction of them all.
    for (const id of ids) {
      const left = await changeTogether([id], apply).catch((again: unknown) => {
        if (!isReadFailure(again)) throw again;
        return [id];
      });
      unreadable.push(...left);
    }
  }
  imageChanges.announce(ids);
  return unreadable;
}

async function changeTogether(
  ids: readonly string[],
  apply: (record: ImageRecord) => ImageRecord,
): Promise<string[]> {
  const unreadable: string[] = [];
  await withImages(async (database) => {
    const transaction = database.transaction('records', 'readwrite');
    const { store } = transaction;
    const one = async (id: string): Promise<void> => {
      const record = parseRecord(id, await store.get(id));
      if (record) await store.put(apply(record), id);
      else unreadable.push(id);
    };
    await Promise.all([...ids.map(one), transaction.done]);
  });
  return unreadable;
}

/** Chromium tells so of a value whose file is gone. */
function isReadFailure(error: unknown): boolean {
  return (
    error instanceof DOMException && ['NotReadableError', 'DataError', 'NotFoundError'].includes(error.name)
  );
}

async function remove(ids: readonly string[]): Promise<void> {
  await withImages(async (database) => {
    const transaction = database.transaction(['entries', 'records', 'thumbnails'], 'readwrite');
    const stores = ['entries', 'records', 'thumbnails'] as const;
    const deletions = ids.flatMap((id) => stores.map((name) => transaction.objectStore(name).delete(id)));
    await Promise.all([...deletions, transaction.done]);
  });
  imageChanges.announce(ids);
}
