// How the network is asked, whatever computes it.
import type { Latent } from './latent.ts';

export interface NetworkItem<C, T extends Latent = Float32Array> {
  /** One image's latent, scaled as the network wants it. */
  readonly x: T;
  /** Network time, 0..999, possibly fractional. The same for all items of a call. */
  readonly t: number;
  readonly cond: C;
  /** Index of the image in the batch. */
  readonly image: number;
  /** The network is to see no picture beside the latent. */
  readonly withoutPicture?: boolean;
  /** What pictures are guided away from. */
  readonly negative?: boolean;
  /** Where `x` lies in the image's latent; absent where it is all of it. */
  readonly area?: LatentArea;
  /** Which of several calls for one evaluation it belongs to, from 0; absent where there is one. */
  readonly part?: { readonly index: number; readonly count: number };
  /** What a network with changes (models/network-changes.ts) is told of this item, by name. */
  readonly marks?: Readonly<Record<string, number>>;
  /** What a network without its deep blocks takes in their place (models/changes/deep-cache.ts); it is asked only where it is needed. */
  readonly deep?: () => Promise<Float32Array>;
  /** Is told what such a network notes of this item besides, by name. */
  readonly onNote?: (name: string, values: Float32Array) => void;
}

/** A rectangle of a latent's cells; ends are exclusive. */
export interface LatentArea {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Where a run is, as A1111 tells extensions (`sampling_step`, `total_sampling_steps`): it learns of a step once that is done. */
export interface ShownStep {
  readonly step: number;
  readonly steps: number;
}

/** The network: result i is its raw output for item i. */
export type NetworkCall<C, T extends Latent = Float32Array> = (
  items: readonly NetworkItem<C, T>[],
  shown: ShownStep,
) => Promise<readonly T[]>;

/** Items whose network is told something, besides what it is told already. */
export function marked<C, T extends Latent>(
  items: readonly NetworkItem<C, T>[],
  marks: Readonly<Record<string, number>>,
): readonly NetworkItem<C, T>[] {
  return items.map((item) => ({ ...item, marks: { ...item.marks, ...marks } }));
}
