// How far numbers are from what they should be.

export interface Errors {
  /** Largest absolute error over the largest absolute expected value. */
  readonly largest: number;
  /** Root mean square of the error over that of what is expected. */
  readonly rms: number;
  readonly finite: boolean;
}

export function errorsOf(actual: Float32Array, expected: Float32Array): Errors {
  if (actual.length !== expected.length) {
    throw new Error(`${actual.length} numbers where ${expected.length} are expected.`);
  }
  let [error, scale, errors, squares] = [0, 0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    error = Math.max(error, difference);
    scale = Math.max(scale, Math.abs(expected[i]!));
    errors += difference * difference;
    squares += expected[i]! * expected[i]!;
  }
  return { largest: error / scale, rms: Math.sqrt(errors / squares), finite: Number.isFinite(errors) };
}
