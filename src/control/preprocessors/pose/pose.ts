// People in a picture as OpenPose tells them (CMU-Perceptual-Computing-Lab/openpose, doc/02_output.md; sd-webui-controlnet 1.1.455,
// annotator/openpose).

/** In pixels, or in parts of the picture's sides. */
export interface Keypoint {
  readonly x: number;
  readonly y: number;
}

/** By number; null for what was not found. */
export type Keypoints = readonly (Keypoint | null)[];

export interface Person {
  /** 18 of them. */
  readonly body: Keypoints;
  /** 21 each, 70 of a face; null for what was not looked for. */
  readonly leftHand: Keypoints | null;
  readonly rightHand: Keypoints | null;
  readonly face: Keypoints | null;
}
