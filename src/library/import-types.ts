// What the page and workers/importer.ts say to each other.
import type { Prediction } from '../models/types.ts';
import type { StoredModel } from './types.ts';

export interface ImportOptions {
  /** Let NaN and infinity through (they become 0 and +-65504) instead of refusing the file. */
  readonly allowNonFinite: boolean;
  readonly prediction: Prediction | null;
}

export interface ImportProgress {
  readonly stage: 'reading' | 'converting' | 'finishing';
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
  | { readonly status: 'already-there'; readonly model: StoredModel }
  | { readonly status: 'cancelled' };

/** workers/importer.ts, seen through comlink. One import at a time; further calls wait. */
export interface ImporterApi {
  /**
   * Reads, checks, converts and stores one checkpoint. `sidecar`: the `name.yaml` dropped with it.
   * Rejects with an Error whose message says what is wrong and what to do; then nothing is left behind.
   */
  importFile(
    file: File,
    sidecar: File | null,
    options: ImportOptions,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportOutcome>;
  cancel(): Promise<void>;
}
