// Faces of a picture by face-api's networks: all of it is looked at, and its parts; in each face five points are found.
import type { PixelImage } from '../../image/pixels.ts';
import { ssdFaces, withoutRepeats, type ScoredBox, type SsdOutputs } from './ssd-boxes.ts';
import type { SquareInputs } from './ssd-mobilenet.ts';
import {
  areaOf,
  areasOf,
  detectorSquare,
  fivePoints,
  inPicture,
  landmarksSquare,
  type Point,
} from './squares.ts';

/** How sure the network has to be; face-api's. */
const SURE = 0.5;

export interface FaceApiNetworks {
  detect(square: SquareInputs): Promise<SsdOutputs>;
  /** [136]: x and y of each point, in parts of the square. */
  landmarks(square: SquareInputs): Promise<Float32Array>;
}

export interface FoundFace {
  readonly box: Omit<ScoredBox, 'score'>;
  readonly score: number;
  readonly landmarks: readonly [Point, Point, Point, Point, Point];
}

/** In the picture's own pixels, the surest first. */
export async function faceApiFaces(picture: PixelImage, networks: FaceApiNetworks): Promise<FoundFace[]> {
  const found: ScoredBox[] = [];
  for (const area of areasOf(picture)) {
    const outputs = await networks.detect(detectorSquare(picture, area));
    found.push(...inPicture(ssdFaces(outputs, SURE), area, picture));
  }
  const faces: FoundFace[] = [];
  for (const { score, ...box } of withoutRepeats(found)) {
    const area = areaOf(box, picture);
    if (!area) continue;
    const points = await networks.landmarks(landmarksSquare(picture, area));
    faces.push({ box, score, landmarks: fivePoints(points, area) });
  }
  return faces;
}
