// Affine maps of the plane, in OpenCV's form: two rows of three.

/** x' = a x + b y + c, y' = d x + e y + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The way back, by OpenCV's formula (invertAffineTransform). Zeros where there is none. */
export function inverseOf([a, b, c, d, e, f]: Affine): Affine {
  const determinant = a * e - b * d;
  const by = determinant === 0 ? 0 : 1 / determinant;
  const [a2, b2, d2, e2] = [e * by, -b * by, -d * by, a * by];
  return [a2, b2, -a2 * c - b2 * f, d2, e2, -d2 * c - e2 * f];
}

export function mapped([a, b, c, d, e, f]: Affine, x: number, y: number): readonly [x: number, y: number] {
  return [a * x + b * y + c, d * x + e * y + f];
}
