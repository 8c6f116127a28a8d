// A picture on the page, whether it just came out of the engine or lies in the library.
import type { Seed } from '../generation/request/seeds.ts';

export interface Picture {
  readonly id: string;
  /** Left out: it is read from the library when it is shown. */
  readonly png?: Blob;
  readonly seed: Seed;
  /** A1111's parameters text. */
  readonly parameters: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Instead of a picture's id: all pictures of the run side by side. */
export const GRID = 'grid';
