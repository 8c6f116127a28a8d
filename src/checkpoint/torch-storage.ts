// The storages of a torch file, as its pickle describes them.
import type { PicklePersistent } from './pickle-values.ts';
import { PickleGlobal, PickleTuple, type PickleValue } from './pickle-values.ts';
import { quote } from './tensor.ts';
import { storageKind, type StorageKind } from './torch-globals.ts';
import { CheckpointError } from './types.ts';

/** One storage of a torch file, as the pickle describes it. */
export interface StorageInfo {
  readonly key: string;
  readonly kind: StorageKind;
  /** Elements. */
  readonly count: number;
  /** The bytes themselves, where they were in the pickle. */
  readonly embedded?: Uint8Array;
}

interface StorageView {
  readonly storage: StorageInfo;
  readonly offset: number;
  readonly count: number;
}

/** The storages that a pickle's persistent ids name. */
export class StorageTable {
  private readonly byKey = new Map<string, StorageInfo>();

  get(key: string): StorageInfo | undefined {
    return this.byKey.get(key);
  }

  /**
   * Reads ('storage', class, key, location, element count[, view]), torch/serialization.py `persistent_id`; the view
   * (key, offset, element count) exists in legacy files only. Throws CheckpointError.
   */
  resolve(reference: PicklePersistent): StorageView {
    const id = reference.id;
    if (!(id instanceof PickleTuple)) return corrupt('A reference to data is malformed.');
    const [kind, cls, key, , count, view = null] = id.items;
    if (kind !== 'storage') {
      throw new CheckpointError(
        'unsupported',
        'The file holds a whole Python module, not only its weights; such files cannot be read. Look for a .safetensors version.',
      );
    }
    const storageOf = cls instanceof PickleGlobal ? storageKind(cls) : undefined;
    if (storageOf === undefined) return corrupt('A reference to data names no known kind of numbers.');
    if (typeof key !== 'string' || !/^[0-9]{1,20}$/.test(key)) {
      return corrupt(`A reference to data has the bad name ${quote(typeof key === 'string' ? key : '?')}.`);
    }
    if (!isNatural(count)) return corrupt(`Storage ${key} has no valid length.`);

    let storage = this.byKey.get(key);
    if (storage === undefined) {
      storage = { key, kind: storageOf, count };
      this.byKey.set(key, storage);
    } else if (storage.kind !== storageOf || storage.count !== count) {
      return corrupt(`Storage ${key} is described in two ways that contradict each other.`);
    }
    if (view === null) return { storage, offset: 0, count };
    const [, offset, viewCount] = view instanceof PickleTuple ? view.items : [];
    if (!isNatural(offset) || !isNatural(viewCount) || offset + viewCount > count) {
      return corrupt(`A part of storage ${key} leaves it.`);
    }
    return { storage, offset, count: viewCount };
  }
}

export function isNatural(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function corrupt(message: string): never {
  throw new CheckpointError('corrupt', `${message} The file is damaged or was not made by PyTorch.`);
}
