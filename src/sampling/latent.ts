// Arithmetic on latents: flat arrays in C order. float32 in the app; float64 where exactness is tested.

export type Latent = Float32Array | Float64Array;

/** Zeros of `x`'s type. */
export function emptyLike<T extends Latent>(x: T, length: number = x.length): T {
  return (x instanceof Float64Array ? new Float64Array(length) : new Float32Array(length)) as T;
}

/** The numbers of `values` in `x`'s type. */
export function castLike<T extends Latent>(x: T, values: Latent): T {
  const out = emptyLike(x, values.length);
  out.set(values);
  return out;
}

/** A factor and what it multiplies. */
export type Term<T extends Latent = Latent> = readonly [factor: number, values: T];

/**
 * Sum of factor * values, computed in float64 and rounded once; the result has the first term's type.
 * Terms with factor 0 are left out, so that 0 * Infinity cannot arise.
 */
export function combine<T extends Latent>(first: Term<T>, ...rest: readonly Term[]): T {
  const terms: Term[] = [first, ...rest];
  const length = first[1].length;
  const sum = first[1] instanceof Float64Array ? emptyLike(first[1]) : new Float64Array(length);
  for (const [factor, values] of terms) {
    if (values.length !== length) {
      throw new RangeError(`Latents of ${length} and ${values.length} values cannot be combined.`);
    }
    if (factor === 0) continue;
    for (let i = 0; i < length; i++) sum[i]! += factor * values[i]!;
  }
  return sum instanceof Float64Array && first[1] instanceof Float64Array
    ? (sum as T)
    : castLike(first[1], sum);
}

/** x * factor. */
export function scale<T extends Latent>(x: T, factor: number): T {
  const out = emptyLike(x);
  for (let i = 0; i < x.length; i++) out[i] = x[i]! * factor;
  return out;
}

/** Standard deviation with Bessel's correction, as torch.std. */
export function standardDeviation(x: Latent): number {
  let mean = 0;
  for (const value of x) mean += value;
  mean /= x.length;
  let squares = 0;
  for (const value of x) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (x.length - 1));
}
