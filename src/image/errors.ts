// The one error that reading or writing a picture throws.

/** A picture's bytes cannot be used; the message says why, to a person. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}
