// A filter in frequency as matrices: what scaling a box of low frequencies makes of planes (FFT, product, the inverse's real part). The box
// is separable: rows and columns are each projected onto few waves, which are complex numbers, so that of two products of real matrices
// the second is taken away from the first.
import type { Sizes } from '../level.ts';
import type { PlaneMatrices } from './plane-maps.ts';

/** Parts of `lowPass`. */
export const LOW_PASS_PARTS = 2;

/**
 * What is left of planes when only low frequencies stay. `cutoff`: part of an axis' half that counts as low, 0..1, with one frequency at
 * least. The box is that of sd-webui-freeu's filter_skip (and of ComfyUI's Fourier_filter at a threshold of 1): from -t up to t - 1, so
 * that it has no mirror image, and what it leaves of a picture is not real before its real part is taken.
 */
export function lowPass({ height, width }: Sizes, cutoff: number): PlaneMatrices {
  const rows = projection(height, cutoff);
  const columns = projection(width, cutoff);
  return {
    rows: interleaved(rows.real, rows.imaginary, height, 1),
    columns: interleaved(columns.real, columns.imaginary, width, -1),
  };
}

/** [size, size]: 1/size of the sum of exp(2 pi i u (to - from) / size) over the frequencies u that stay. */
function projection(size: number, cutoff: number) {
  const half = Math.floor(size / 2);
  const reach = Math.max(1, Math.floor(half * cutoff));
  // There is no frequency beyond half of the samples.
  const first = -Math.min(reach, half);
  const last = Math.min(reach - 1, Math.ceil(size / 2) - 1);
  const real = new Float64Array(size * size);
  const imaginary = new Float64Array(size * size);
  for (let to = 0; to < size; to++) {
    for (let from = 0; from < size; from++) {
      for (let u = first; u <= last; u++) {
        const angle = (2 * Math.PI * ((u * (to - from)) % size)) / size;
        real[to * size + from]! += Math.cos(angle) / size;
        imaginary[to * size + from]! += Math.sin(angle) / size;
      }
    }
  }
  return { real, imaginary };
}

/** [size, 2, size]. */
function interleaved(real: Float64Array, imaginary: Float64Array, size: number, sign: number): Float32Array {
  const matrix = new Float32Array(2 * size * size);
  for (let to = 0; to < size; to++) {
    for (let from = 0; from < size; from++) {
      matrix[2 * to * size + from] = real[to * size + from]!;
      matrix[(2 * to + 1) * size + from] = sign * imaginary[to * size + from]!;
    }
  }
  return matrix;
}
