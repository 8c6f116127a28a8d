// What a kind of network for faces is: how it is known by its tensors, and how it becomes a graph. Sizes are read off the tensors
// every time, so that a file needs no description beside it.
import type { Graph } from '../../graph/graph.ts';
import type { HostTensor, Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import type { FaceInfo, FaceKind } from './kinds.ts';

/** A picture for a network, [3, height, width]; what its numbers are, each network says. */
export interface PictureInputs {
  readonly image: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** A face to be restored. */
export interface RestorerInputs {
  /** [3, side, side], red, green, blue, -1..1. */
  readonly image: Float32Array;
  /** So many numbers of the standard normal distribution. Asked in the order in which the network reads them. */
  readonly normal: (count: number) => Float32Array;
  /** "CodeFormer weight": 0 restores the most, 1 stays closest to the face that was given. */
  readonly weight: number;
}

/** A run as far as its sizes go; nothing is in its tensors. */
export interface Trial {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, HostTensor>>;
}

export interface FaceArchitecture {
  readonly kind: FaceKind;
  /** What people call it. */
  readonly name: string;
  /** Whether it may be computed in float16, as far as the loader that A1111 uses says so (spandrel, facexlib). */
  readonly half: boolean;
  /** Whether its weights may be whole numbers; what they mean, tensors beside them say. */
  readonly integers?: boolean;
  /** Names of what lies in its layers that come in numbers: each is read, or a layer lacks something. */
  readonly layers: RegExp;
  /** Null for the tensors of any other kind. */
  recognise(weights: WeightCatalog): FaceInfo | null;
  /** All of it that is ever run, on a picture of that size. @throws Error naming what is missing, or has an odd shape. */
  trial(
    weights: WeightCatalog,
    precision: Precision,
    size: { readonly height: number; readonly width: number },
  ): Trial;
}

/** A trial of a network that takes pictures. */
export function pictureTrial(
  { graph, feeds }: Network<PictureInputs>,
  { height, width }: { readonly height: number; readonly width: number },
): Trial {
  return { graph, feeds: feeds({ image: new Float32Array(3 * height * width), height, width }) };
}
