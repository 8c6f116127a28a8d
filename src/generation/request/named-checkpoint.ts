// How a request names a checkpoint besides its own.

/** A checkpoint of the library that a request names besides the one that it is made with. */
export interface NamedCheckpoint {
  /** Lowercase hex. */
  readonly sha256: string;
  /** As the parameters text names it. */
  readonly name: string;
}
