// What a kind of upscaler is: how it is known by its tensors, and how it becomes a graph. Sizes are read off the tensors every
// time, so that a file needs no description beside it.
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import type { UpscalerKind } from './kinds.ts';

/** A picture for a network: [3, height, width], 0..1. Output "enlarged": [3, scale * height, scale * width], not clamped. */
export interface UpscalerInputs {
  readonly image: Float32Array;
  readonly height: number;
  readonly width: number;
}

export interface UpscalerLabel {
  /** "Real-ESRGAN": the scale is told besides. */
  readonly name: string;
  readonly scale: number;
}

export interface Architecture {
  readonly kind: UpscalerKind;
  /** Whether it may be computed in float16, as far as the loader that A1111 uses says so (spandrel's supports_half). */
  readonly half: boolean;
  /** How A1111 puts its tiles together: blended as bytes (`upscale_with_model`), or averaged (`tiled_upscale_2`). */
  readonly tiles: 'blended' | 'averaged';
  /** Tensors that say something by being there: kept with the weights. */
  readonly marks?: readonly string[];
  /** Null for the tensors of any other kind. */
  recognise(weights: WeightCatalog): UpscalerLabel | null;
  /**
   * Of tensors that `recognise` knows. `bare`: without the sizes that spandrel brings pictures to before the network, which A1111
   * calls it through. @throws Error naming what is missing, or has an odd shape.
   */
  network(weights: WeightCatalog, precision: Precision, bare?: boolean): Network<UpscalerInputs>;
}
