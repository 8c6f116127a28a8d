// What is told of a network that finds things in pictures, without building it. The page knows this much.

/** What `detect` says of a detector. Everything else is read off its tensors where it is built. */
export interface DetectorInfo {
  readonly kind: 'yolov8';
  /** "segment": it gives the outline of what it finds besides the box around it. */
  readonly task: 'detect' | 'segment';
  /** What it finds, by number. */
  readonly classes: readonly string[];
  /** Pixels of the longer side that pictures are brought to for it: those it was trained with. */
  readonly size: number;
}

/** Beyond that no network has been trained; names and sizes of a hostile file are believed up to it. */
export const MAX_CLASSES = 2000;
export const MAX_CLASS_NAME = 100;
export const SIZES = { usual: 640, least: 32, most: 4096, multiple: 32 } as const;
