// How much room the browser gives, and what to say when it is not enough.

export interface StorageReport {
  /** Bytes used. */
  readonly usage: number;
  /** Bytes the browser allows; 0 where it does not tell, or tells something made up. */
  readonly quota: number;
  /** The browser promised not to evict the library by itself. */
  readonly persisted: boolean;
}

export async function storageReport(): Promise<StorageReport> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return {
    usage,
    quota: isMadeUp(usage, quota) ? 0 : quota,
    persisted: (await navigator.storage?.persisted?.()) ?? false,
  };
}

const GIBIBYTE = 2 ** 30;

/**
 * So that pages cannot be told apart by the size of a disk, Chromium says that what is used and a whole number of GiB, at most
 * ten, are allowed: whatever the disk has, and whatever it will refuse.
 */
export function isMadeUp(usage: number, quota: number): boolean {
  const free = quota - usage;
  return free >= 0 && free <= 10 * GIBIBYTE && free % GIBIBYTE === 0;
}

/** The message says what could not be written, and what to do. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';
}

/** Rejects with StorageFullError when `bytes` more would not fit for sure. Passes where only trying tells. */
export async function requireRoom(bytes: number): Promise<void> {
  const { usage, quota } = await storageReport();
  if (quota > 0 && quota - usage < bytes) {
    const free = sizeText(Math.max(0, quota - usage));
    throw new StorageFullError(
      `Not enough storage: ${sizeText(bytes)} are needed, and the browser has ${free} left for this page. ${ADVICE}`,
    );
  }
}

/**
 * Turns a failed write into StorageFullError when the disk or quota is why; gives other errors back as Errors. `what` begins
 * the message: "2 MB of the model's 5 MB were stored".
 */
export function explainStorageFailure(error: unknown, what: string): Error {
  // Chromium reports a full disk as QuotaExceededError or, when writing a Blob, as DataError / UnknownError.
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'QuotaExceededError') {
    return new StorageFullError(`The browser would not store more: ${what}. ${ADVICE}`);
  }
  if (name === 'DataError' || name === 'UnknownError' || name === 'AbortError') {
    return new StorageFullError(
      'The browser could not write to its storage. The disk may be full, or the browser keeps this ' +
        'page in memory only (private window): free some space or use an ordinary window, then try again.',
    );
  }
  // Ours say what to do; what the browser says in its own words is no help to anyone.
  const ours = error instanceof Error && !(error instanceof TypeError) && !(error instanceof DOMException);
  return ours ? error : new Error('The browser did not take what was to be stored.', { cause: error });
}

const ADVICE =
  'Delete a model you no longer use, or free space on the disk (the browser shares out a part of what is free), then try again.';

/** "3 MB", "2.13 GB". */
export function sizeText(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
