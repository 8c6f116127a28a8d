// Every kind of network that makes control maps: how it is known by its tensors, and how it becomes a graph.
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import type { AnnotatorInputs, AnnotatorSize } from './annotator-layers.ts';
import { CLIP_SIDE, clipVisionNetwork, isClipVision } from './clip-vision.ts';
import { depthAnythingNetwork, isDepthAnything, PATCH } from './depth-anything.ts';
import { hedNetwork, isHed } from './hed.ts';
import type { AnnotatorKind } from './kinds.ts';
import { isLineart, lineartNetwork } from './lineart.ts';
import { isLineartAnime, lineartAnimeNetwork } from './lineart-anime.ts';
import { isOpenposeBody, openposeBodyNetwork } from './openpose-body.ts';
import { isPidinet, pidinetNetwork } from './pidinet.ts';

export interface Architecture {
  /** For people. */
  readonly label: string;
  /** Whether float16 is exact enough for it. */
  readonly half: boolean;
  /** A side of pictures that its graph is tried with. */
  readonly tried: number;
  is(weights: WeightCatalog): boolean;
  /** Of tensors that `is` knows. @throws Error naming what is missing or has an odd shape, RangeError for sides it cannot take. */
  network(weights: WeightCatalog, precision: Precision, size: AnnotatorSize): Network<AnnotatorInputs>;
}

export const ARCHITECTURES: Readonly<Record<AnnotatorKind, Architecture>> = {
  hed: { label: 'HED', half: true, tried: 64, is: isHed, network: hedNetwork },
  pidinet: { label: 'PiDiNet', half: true, tried: 64, is: isPidinet, network: pidinetNetwork },
  lineart: { label: 'Lineart', half: true, tried: 64, is: isLineart, network: lineartNetwork },
  'lineart-anime': {
    label: 'Lineart Anime',
    half: true,
    tried: 256,
    is: isLineartAnime,
    network: lineartAnimeNetwork,
  },
  'depth-anything-v2': {
    label: 'Depth Anything V2',
    half: false,
    tried: 4 * PATCH,
    is: isDepthAnything,
    network: (...one) => depthAnythingNetwork(...one),
  },
  'openpose-body': {
    label: 'OpenPose body',
    half: true,
    tried: 64,
    is: isOpenposeBody,
    network: openposeBodyNetwork,
  },
  'clip-vision': {
    label: 'CLIP vision',
    half: true,
    tried: CLIP_SIDE,
    is: isClipVision,
    network: (...one) => clipVisionNetwork(...one),
  },
};
