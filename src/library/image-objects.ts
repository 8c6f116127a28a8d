// What is used of the database of pictures (image-database.ts), wherever they lie.

export type ImageStoreName = 'entries' | 'records' | 'thumbnails';

/** One of the stores. */
export interface ImageObjects {
  get(key: string): Promise<unknown>;
  getKey(key: string): Promise<string | undefined>;
  getAll(range?: IDBKeyRange | null): Promise<unknown[]>;
  getAllKeys(range?: IDBKeyRange | null): Promise<string[]>;
  put(value: unknown, key: string): Promise<unknown>;
  delete(key: string): Promise<void>;
}

export interface ImageTransaction {
  /** The first of its stores. */
  readonly store: ImageObjects;
  objectStore(name: ImageStoreName): ImageObjects;
  readonly done: Promise<void>;
}

/** What is used of `idb`'s IDBPDatabase. */
export interface ImageDatabase {
  get(store: ImageStoreName, key: string): Promise<unknown>;
  getAll(store: ImageStoreName, range?: IDBKeyRange | null): Promise<unknown[]>;
  getAllKeys(store: ImageStoreName, range?: IDBKeyRange | null): Promise<string[]>;
  put(store: ImageStoreName, value: unknown, key: string): Promise<unknown>;
  transaction(
    stores: ImageStoreName | readonly ImageStoreName[],
    mode?: 'readonly' | 'readwrite',
  ): ImageTransaction;
}
