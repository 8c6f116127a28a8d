// The kinds of networks that find, parse and restore faces, and what is told of one without building it. The page knows this much.

/** By whom each was made: see the file of its name. */
export const FACE_KINDS = ['retina-face', 'ssd-mobilenet', 'parse-net', 'gfpgan', 'codeformer'] as const;
export type FaceKind = (typeof FACE_KINDS)[number];

/** What each is for: the kind of its file. */
export const FACE_ROLES = {
  'retina-face': 'face-detector',
  'ssd-mobilenet': 'face-detector',
  'parse-net': 'face-parser',
  gfpgan: 'face-restorer',
  codeformer: 'face-restorer',
} as const satisfies Record<FaceKind, string>;
export type FaceRole = (typeof FACE_ROLES)[FaceKind];

/** What `detect` says of such a network. Everything else is read off its tensors where it is built. */
export interface FaceInfo {
  readonly kind: FaceKind;
  /** Pixels of a side of the square pictures that it takes; null where their size is free. */
  readonly side: number | null;
}
