// What a store of the library is, wherever its values lie.

export type StoreKey = IDBValidKey;

/** Values by key. They are unknown until their reader has checked them. */
export interface Store {
  get(key: StoreKey): Promise<unknown>;
  getMany(keys: readonly StoreKey[]): Promise<readonly unknown[]>;
  keys(): Promise<readonly StoreKey[]>;
  /** Everything that is there. What the browser cannot read is there all the same, as undefined. */
  entries(): Promise<readonly (readonly [key: StoreKey, value: unknown])[]>;
  /** `value` must survive structured clone. */
  set(key: StoreKey, value: unknown): Promise<void>;
  /**
   * Reads and writes in one transaction, between which nothing else happens. `apply` gets what is stored (undefined:
   * nothing); what it gives takes that place, undefined leaves it. Resolves with what `apply` gave.
   */
  change<T>(key: StoreKey, apply: (value: unknown) => T | undefined): Promise<T | undefined>;
  delete(keys: readonly StoreKey[]): Promise<void>;
}
