// What is told about a request while it runs, and when it ends.
import type { NetworkEvent } from '../../runtime/network-event.ts';
import type { Evaluation } from '../request/continuation.ts';
import type { PassKind } from '../request/passes.ts';
import type { Seed } from '../request/seeds.ts';

export type GenerationEvent =
  | NetworkEvent
  | { readonly type: 'status'; readonly message: string }
  | {
      readonly type: 'step';
      /** Batch index, 0-based, of `batchCount`. */
      readonly batch: number;
      readonly batchCount: number;
      /** Steps done of this batch, over all of its passes. */
      readonly step: number;
      readonly steps: number;
      /** The pass that the step belongs to; null where the batch is one pass. */
      readonly part: StepPart | null;
      /** Milliseconds since the job started, and until it ends as far as known (null at first). */
      readonly elapsedMs: number;
      readonly remainingMs: number | null;
    }
  /** Small RGBA picture of what is emerging, one per image of the batch. */
  | {
      readonly type: 'preview';
      readonly width: number;
      readonly height: number;
      readonly images: readonly Uint8ClampedArray<ArrayBuffer>[];
    }
  /** A finished picture, already in the library. */
  | {
      readonly type: 'image';
      readonly id: string;
      readonly png: Blob;
      readonly seed: Seed;
      readonly parameters: string;
      readonly interrupted: boolean;
      /** Of the request's pictures, from 0. */
      readonly index: number;
    }
  /** What a setting asks for beside picture `index`, already in the library. */
  | {
      readonly type: 'further';
      readonly id: string;
      readonly kind: FurtherKind;
      readonly png: Blob;
      readonly seed: Seed;
      readonly parameters: string;
      readonly index: number;
    }
  /** For a continuation: what it takes to come back to this point. */
  | {
      readonly type: 'evaluation';
      /** Batch index, 0-based. */
      readonly batch: number;
      /** Place among the evaluations of the batch; earlier ones at this place and after it are void. */
      readonly index: number;
      readonly evaluation: Evaluation;
    };

/** What is kept beside a request's pictures where a setting asks for it, by A1111's endings of file names. */
export type FurtherKind = 'before-highres-fix' | 'before-face-restoration' | 'mask' | 'mask-composite';

/** One of several passes that a script makes of a batch. */
export interface StepPart {
  readonly kind: PassKind;
  /** From 0, of `count`. */
  readonly index: number;
  readonly count: number;
}

export interface GenerationOutcome {
  readonly status: 'finished' | 'interrupted';
  readonly imageIds: readonly string[];
}
