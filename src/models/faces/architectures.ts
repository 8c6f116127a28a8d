// All kinds of networks for faces, and which of them a file is.
import { unwrapped, type Unwrapped } from '../layouts/containers.ts';
import { withDeviations } from '../layouts/deviations.ts';
import type { TensorShapes } from '../types.ts';
import type { FaceArchitecture } from './architecture.ts';
import { CODEFORMER } from './codeformer.ts';
import { GFPGAN } from './gfpgan.ts';
import type { FaceInfo, FaceKind } from './kinds.ts';
import { PARSE_NET } from './parse-net.ts';
import { RETINA_FACE } from './retina-face.ts';
import { SSD_MOBILENET } from './face-api.ts';

const ARCHITECTURES: readonly FaceArchitecture[] = [
  GFPGAN,
  CODEFORMER,
  RETINA_FACE,
  SSD_MOBILENET,
  PARSE_NET,
];

export interface FoundFaceNetwork extends Unwrapped {
  readonly architecture: FaceArchitecture;
  readonly info: FaceInfo;
}

/** Null for what is no network of these kinds. `weights`: as the library keeps them. */
export function findFaceNetwork(tensors: TensorShapes): FoundFaceNetwork | null {
  for (const { prefix, weights: inFile } of unwrapped(tensors)) {
    const weights = withDeviations(inFile);
    for (const architecture of ARCHITECTURES) {
      const info = architecture.recognise(weights);
      if (info) return { architecture, info, prefix, weights };
    }
  }
  return null;
}

export function faceArchitectureOf(kind: FaceKind): FaceArchitecture {
  return ARCHITECTURES.find((one) => one.kind === kind)!;
}
