// How much room the browser gives, and what to say when it is not enough.

export interface StorageReport {
  /** Bytes used and bytes the browser allows; 0 where it does not tell. */
  readonly usage: number;
  readonly quota: number;
  /** The browser promised not to evict the library by itself. */
  readonly persisted: boolean;
}

export async function storageReport(): Promise<StorageReport> {
  const estimate = await navigator.storage?.estimate?.();
  return {
    usage: estimate?.usage ?? 0,
    quota: estimate?.quota ?? 0,
    persisted: (await navigator.storage?.persisted?.()) ?? false,
  };
}

/** The message says how much is needed, how much there is, and what to do. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';
}

/** Rejects with StorageFullError when `bytes` more would not fit. Passes where the browser does not tell. */
export async function requireRoom(bytes: number): Promise<void> {
  const { usage, quota } = await storageReport();
  if (quota > 0 && quota - usage < bytes) throw new StorageFullError(noRoom(bytes, quota - usage));
}

/** Turns a failed write into StorageFullError when the disk or quota is why; gives other errors back as Errors. */
export async function explainStorageFailure(error: unknown, bytes: number): Promise<Error> {
  // Chromium reports a full disk as QuotaExceededError or, when writing a Blob, as DataError / UnknownError.
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'QuotaExceededError') {
    const { usage, quota } = await storageReport();
    return new StorageFullError(noRoom(bytes, Math.max(0, quota - usage)));
  }
  if (name === 'DataError' || name === 'UnknownError' || name === 'AbortError') {
    return new StorageFullError(
      `The browser could not write to its storage (${String(error)}). The disk may be full, or the browser keeps this ` +
        'page in memory only (private window): free some space or use an ordinary window, then try again.',
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

function noRoom(needed: number, free: number): string {
  return (
    `Not enough storage: ${gigabytes(needed)} are needed, the browser has ${gigabytes(free)} left for this page. ` +
    'Delete a model you no longer use, or free space on the disk (the browser shares out a part of what is free), then try again.'
  );
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
