// A store of the library (store.ts) in memory.
import type { Store } from '../store.ts';
import type { MemoryAccess } from './memory-host.ts';

export function memoryStore(name: string, access: () => MemoryAccess): Store {
  const values = async (keys: Parameters<Store['getMany']>[0]): Promise<unknown[]> =>
    (await access().read(name, keys)).map(({ value }) => value);
  return {
    get: async (key) => (await values([key]))[0],
    getMany: values,
    keys: () => access().keys(name),
    async entries() {
      const entries = await access().read(name, await access().keys(name));
      return entries.map(({ key, value }) => [key, value] as const);
    },
    set: (key, value) => access().write(name, key, value),
    async change(key, apply) {
      for (;;) {
        const [entry] = await access().read(name, [key]);
        const changed = apply(entry?.value);
        if (changed === undefined) return undefined;
        // Another worker may have written meanwhile: then the change is made to that.
        if (await access().replace(name, key, changed, entry?.version ?? 0)) return changed;
      }
    },
    delete: (keys) => access().delete(name, keys),
  };
}
