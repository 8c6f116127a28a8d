// The database of pictures (image-database.ts) in memory. What is one transaction there are writes one after another here:
// nothing ends half-way while the page that holds them lives.
import type { ImageDatabase, ImageObjects, ImageStoreName } from '../image-objects.ts';
import type { MemoryAccess } from './memory-host.ts';

export function memoryImages(access: MemoryAccess): ImageDatabase {
  const objects = (store: ImageStoreName): ImageObjects => {
    const name = `darkroom-images/${store}`;
    const keysIn = async (range?: IDBKeyRange | null): Promise<string[]> => {
      const keys = (await access.keys(name)) as string[];
      return range ? keys.filter((key) => range.includes(key)) : keys;
    };
    const read = async (keys: readonly string[]): Promise<unknown[]> =>
      (await access.read(name, keys)).map(({ value }) => value);
    return {
      get: async (key) => (await read([key]))[0],
      getKey: async (key) => ((await access.read(name, [key]))[0]?.version ? key : undefined),
      getAll: async (range) => read(await keysIn(range)),
      getAllKeys: keysIn,
      async put(value, key) {
        await access.write(name, key, value);
        return key;
      },
      delete: (key) => access.delete(name, [key]),
    };
  };
  return {
    get: (store, key) => objects(store).get(key),
    getAll: (store, range) => objects(store).getAll(range),
    getAllKeys: (store, range) => objects(store).getAllKeys(range),
    put: (store, value, key) => objects(store).put(value, key),
    transaction: (names) => ({
      objectStore: objects,
      store: objects(typeof names === 'string' ? names : names[0]!),
      done: Promise.resolve(),
    }),
  };
}
