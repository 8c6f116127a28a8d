// What the page and workers/merger.ts say to each other.
import type { ImportProgress } from '../library/import-types.ts';
import type { StoredModel } from '../library/types.ts';
import type { LoraSettings } from './lora/types.ts';
import type { MetadataChoice } from './metadata.ts';
import type { ConfigSource, MergeSettings } from './types.ts';

/** A model to be merged: of the library, or a file that stays where it is. */
export type MergeInput =
  | { readonly kind: 'stored'; readonly sha256: string }
  | {
      readonly kind: 'file';
      readonly file: File;
      /** The `name.yaml` beside it. */
      readonly sidecar: File | null;
    };

/** Where the result goes. A folder needs the right to be written to. */
export type MergeTarget =
  | {
      readonly kind: 'library';
      /** Keep NaN and infinity as 0 and +-65504. */ readonly allowNonFinite: boolean;
    }
  | { readonly kind: 'download' }
  | { readonly kind: 'folder'; readonly folder: FileSystemDirectoryHandle };

export interface MergeOrder {
  /** The merge's own id: it names what is stored of it (import-intents.ts). */
  readonly id: string;
  readonly a: MergeInput | null;
  readonly b: MergeInput | null;
  readonly c: MergeInput | null;
  readonly vae: MergeInput | null;
  readonly settings: MergeSettings;
  /** Without its ending; empty for A1111's. */
  readonly customName: string;
  readonly configSource: ConfigSource;
  readonly metadata: MetadataChoice;
  readonly target: MergeTarget;
}

export interface MergeProgress extends Omit<ImportProgress, 'stage'> {
  /** hashing: the models, for the recipe. comparing: is the result in the library already? */
  readonly stage: 'reading' | 'hashing' | 'comparing' | 'merging' | 'finishing';
  /** The result's file name; null until it is known. */
  readonly name: string | null;
}

export type MergeOutcome =
  | { readonly status: 'kept'; readonly model: StoredModel; readonly isNew: boolean }
  /** `sidecar`: what is to lie beside it as `name.yaml`; null for nothing. */
  | { readonly status: 'made'; readonly name: string; readonly file: Blob; readonly sidecar: Blob | null }
  | { readonly status: 'written'; readonly name: string }
  | { readonly status: 'cancelled' };

export interface LoraOrder {
  readonly a: MergeInput | null;
  readonly b: MergeInput | null;
  readonly settings: LoraSettings;
  /** Without its ending; empty for one of the models' names. */
  readonly customName: string;
  readonly target: Exclude<MergeTarget, { kind: 'library' }>;
}

export interface LoraProgress extends Omit<MergeProgress, 'stage' | 'name'> {
  readonly stage: 'reading' | 'comparing' | 'extracting' | 'finishing';
}

/** `layers`, `hasText`, `missing`: see ExtractedLora (lora/extract.ts). */
export type LoraOutcome =
  | {
      readonly status: 'made';
      readonly name: string;
      /** Null: it is in the folder. */
      readonly file: Blob | null;
      readonly layers: number;
      readonly hasText: boolean;
      readonly missing: number;
    }
  | { readonly status: 'cancelled' };

/** What of an order decides the bytes of the file. */
export type ContentOrder = Pick<MergeOrder, 'a' | 'b' | 'c' | 'vae' | 'settings'>;

/** A second thread, which computes while the first one hashes and stores. */
export interface MergeHelper {
  /** Opens the models again, for itself. `metadata`: of the file. */
  prepare(order: ContentOrder, metadata: ReadonlyMap<string, string>): Promise<void>;
  /** Bytes of the merged file. `spent`: bytes read before, transferred, whose memory may be used again. */
  read(
    offset: number,
    length: number,
    spent: Uint8Array<ArrayBuffer> | null,
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/** workers/merger.ts, seen through comlink. One merge at a time. */
export interface MergerApi {
  /**
   * `helper`: leads to a worker that `help`s; null for none. Rejects with an Error whose message says what is wrong and what to
   * do; then nothing is left behind.
   */
  merge(
    order: MergeOrder,
    onProgress: (progress: MergeProgress) => void,
    helper: MessagePort | null,
  ): Promise<MergeOutcome>;
  /** From now on computes for the worker at the other end. */
  help(port: MessagePort): Promise<void>;
  /** What A has beyond B, as a file. Rejects as `merge` does. */
  extractLora(order: LoraOrder, onProgress: (progress: LoraProgress) => void): Promise<LoraOutcome>;
  /** Of what is under way. */
  cancel(): Promise<void>;
  /** Metadata of the models' files, the last one's counting, as "Read metadata from selected checkpoints" shows it. */
  readMetadata(inputs: readonly MergeInput[]): Promise<Readonly<Record<string, string>>>;
}
