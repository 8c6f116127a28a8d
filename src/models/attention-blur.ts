// The blur of Smoothed Energy Guidance (Hong 2024, arXiv 2408.00760, section 4.2; v0xie/sd-webui-incantations) as matrices: what of each
// place along an axis goes into which.

/**
 * [length, length]. A Gaussian of `sigma` places, as wide as six sigma but no wider than a row of `width` places and one; edges are
 * mirrored. Null blurs without end: all places become their mean.
 */
export function blurMatrix(length: number, width: number, sigma: number | null): Float32Array {
  const matrix = new Float32Array(length * length);
  if (sigma === null) return matrix.fill(1 / length);
  const reach = Math.min(Math.floor(Math.ceil(6 * sigma) / 2), Math.floor(width / 2));
  const weight = (distance: number) => Math.exp(-0.5 * (distance / sigma) ** 2);
  let sum = 0;
  for (let distance = -reach; distance <= reach; distance++) sum += weight(distance);
  for (let i = 0; i < length; i++) {
    for (let distance = -reach; distance <= reach; distance++)
      matrix[i * length + mirrored(i + distance, length)]! += weight(distance) / sum;
  }
  return matrix;
}

/** The place, from 0 to `length`, that a row of mirrors shows there; edges are not repeated. */
function mirrored(i: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const at = ((i % period) + period) % period;
  return Math.min(at, period - at);
}
