// Everything that would lie in the browser's storage, in memory instead: for windows that may not store anything. Blobs are
// held by the browser, which may lay them on the disk for as long as the page is open.
import type { StoreKey } from '../store.ts';

export interface MemoryEntry {
  readonly key: StoreKey;
  readonly value: unknown;
  /** Grows with every write to the key; 0 where nothing is. */
  readonly version: number;
}

/** As the page has it, and its workers through a port. Stores are named; they exist once something is in them. */
export interface MemoryAccess {
  /** In the order of the keys asked for. */
  read(store: string, keys: readonly StoreKey[]): Promise<MemoryEntry[]>;
  /** In the order of IndexedDB, without values: they may be large. */
  keys(store: string): Promise<StoreKey[]>;
  write(store: string, key: StoreKey, value: unknown): Promise<void>;
  /** Writes if the key has that version still. */
  replace(store: string, key: StoreKey, value: unknown, version: number): Promise<boolean>;
  delete(store: string, keys: readonly StoreKey[]): Promise<void>;
}

export class MemoryHost implements MemoryAccess {
  readonly #stores = new Map<string, Map<StoreKey, MemoryEntry>>();
  #version = 0;

  async read(store: string, keys: readonly StoreKey[]): Promise<MemoryEntry[]> {
    const entries = this.#store(store);
    return keys.map((key) => entries.get(key) ?? { key, value: undefined, version: 0 });
  }

  async keys(store: string): Promise<StoreKey[]> {
    return [...this.#store(store).keys()].sort(inStoreOrder);
  }

  async write(store: string, key: StoreKey, value: unknown): Promise<void> {
    // What is written later to the caller's own copy is not part of it.
    this.#store(store).set(key, { key, value: structuredClone(value), version: ++this.#version });
  }

  async replace(store: string, key: StoreKey, value: unknown, version: number): Promise<boolean> {
    if ((this.#store(store).get(key)?.version ?? 0) !== version) return false;
    await this.write(store, key, value);
    return true;
  }

  async delete(store: string, keys: readonly StoreKey[]): Promise<void> {
    for (const key of keys) this.#store(store).delete(key);
  }

  #store(name: string): Map<StoreKey, MemoryEntry> {
    let store = this.#stores.get(name);
    if (!store) this.#stores.set(name, (store = new Map<StoreKey, MemoryEntry>()));
    return store;
  }
}

/** All of our keys are texts, which IndexedDB orders by their code units. */
function inStoreOrder(a: StoreKey, b: StoreKey): number {
  const [first, second] = [String(a), String(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}
