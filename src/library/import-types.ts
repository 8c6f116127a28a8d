// What the page and workers/importer.ts say to each other.
import type { Prediction } from '../sampling/types.ts';
import type { StoredModel } from './types.ts';

export interface ImportOptions {
  /** Let NaN and infinity through (they become 0 and +-65504) instead of refusing the file. */
  readonly allowNonFinite: boolean;
  /** Take weights whose bytes do not have the checksum that the file gives them. */
  readonly allowMismatch: boolean;
  /** Read all of a file that is known by its name, size and time of change. */
  readonly readAgain: boolean;
  readonly prediction: Prediction | null;
  /** What the file has to be, where that is known beforehand; null otherwise. */
  readonly sha256: string | null;
}

export const IMPORT_OPTIONS: ImportOptions = {
  allowNonFinite: false,
  allowMismatch: false,
  readAgain: false,
  prediction: null,
  sha256: null,
};

export interface ImportProgress {
  /** comparing: is it one that is in the library already? */
  readonly stage: 'reading' | 'comparing' | 'converting' | 'finishing';
  /** Bytes of the file done, and its size. */
  readonly done: number;
  readonly total: number;
  /** Bytes a second over the last seconds; 0 while unknown. */
  readonly rate: number;
  /** Milliseconds; null while unknown. */
  readonly remainingMs: number | null;
}

export type ImportOutcome =
  | { readonly status: 'imported'; readonly model: StoredModel }
  /** `readWhole`: its hash says so; else name, size and time of change do. */
  | { readonly status: 'already-there'; readonly model: StoredModel; readonly readWhole: boolean }
  | { readonly status: 'cancelled' };

/** A file to import. */
export interface ImportOrder {
  /** The import's own id: it names what is stored of it (import-intents.ts). */
  readonly id: string;
  readonly file: File;
  /** The `name.yaml` dropped with it. */
  readonly sidecar: File | null;
  readonly options: ImportOptions;
}

/** workers/importer.ts, seen through comlink. One import at a time over all tabs; further calls wait. */
export interface ImporterApi {
  /**
   * Reads, checks, converts and stores one checkpoint.
   * `hashing`: a port of workers/hasher.ts. Rejects with an Error whose message says what is wrong and what to do; then nothing
   * is left behind.
   */
  importFile(
    order: ImportOrder,
    onProgress: (progress: ImportProgress) => void,
    hashing: MessagePort,
  ): Promise<ImportOutcome>;
  cancel(): Promise<void>;
}
