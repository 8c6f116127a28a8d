// Settings on their way into the browser's database, which answers too late for a page that is about to go: until they
// have arrived they lie in localStorage as well, which is written at once. What lies there at the next start is newer than
// what the database holds.

const PREFIX = 'darkroom.unsaved.';
/** UTF-16 units of one setting; browsers give a page about five million of them. */
const MAX_LENGTH = 1_000_000;

/** The part of localStorage that is used. */
export type SyncStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Null where the browser refuses, which it may do by throwing. */
export function browserSyncStorage(): SyncStorage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export class UnsavedSettings {
  #marks = 0;
  /** Tells this page's notes from those of other tabs. */
  readonly #page = `${Date.now()}-${Math.random()}`;

  constructor(private readonly storage: SyncStorage | null) {}

  /** Returns what `forget` takes once the value is in the database; null where it could not be noted. */
  note(key: string, value: unknown): string | null {
    const mark = `${this.#page}-${this.#marks++}`;
    try {
      const text = JSON.stringify({ mark, value }, (_, part: unknown) =>
        typeof part === 'bigint' ? { [BIGINT]: String(part) } : part,
      );
      if (!this.storage || text.length > MAX_LENGTH) {
        // What was noted before is older than what the database is about to hold.
        this.storage?.removeItem(PREFIX + key);
        return null;
      }
      this.storage.setItem(PREFIX + key, text);
      return mark;
    } catch {
      return null;
    }
  }

  /** Whichever tab wrote later keeps its note. */
  forget(key: string, mark: string): void {
    try {
      if (this.#read(key)?.mark === mark) this.storage?.removeItem(PREFIX + key);
    } catch {
      // Then it is read again at the next start, and is as good.
    }
  }

  /** What was noted and is not known to have been kept; unchecked. Undefined: nothing. */
  find(key: string): unknown {
    try {
      return this.#read(key)?.value;
    } catch {
      return undefined;
    }
  }

  #read(key: string): { readonly mark: unknown; readonly value: unknown } | null {
    const text = this.storage?.getItem(PREFIX + key) ?? null;
    if (text === null || text.length > MAX_LENGTH) return null;
    const noted: unknown = JSON.parse(text, (_, part: unknown) => revived(part));
    return typeof noted === 'object' && noted !== null && 'mark' in noted && 'value' in noted ? noted : null;
  }
}

const BIGINT = '$bigint';

function revived(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || !(BIGINT in part)) return part;
  const digits = part[BIGINT];
  return typeof digits === 'string' && /^-?\d{1,40}$/.test(digits) ? BigInt(digits) : part;
}
