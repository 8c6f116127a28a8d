// Tangential Damping (Kwon et al. 2025, arXiv 2503.18137, section 4; ComfyUI's node TCFG): of the negative score only what lies along
// the direction is kept that the two scores have in common.
import { combine, emptyLike, type Latent } from '../latent.ts';
import { dot, imagesOf } from './batch.ts';

/** What takes the place of the negative prediction; all are clean latents. */
export function dampTangential<T extends Latent>(x: T, cond: T, uncond: T, images: number): T {
  const positive = imagesOf(combine([1, x], [-1, cond]), images);
  const negative = imagesOf(combine([1, x], [-1, uncond]), images);
  const result = emptyLike(uncond);
  const xs = imagesOf(x, images);
  imagesOf(result, images).forEach((out, i) => {
    const [p, n] = [positive[i]!, negative[i]!];
    const [a, b] = leadingDirection(dot(n, n), dot(n, p), dot(p, p));
    // The first right singular vector is a n + b p, up to its length; what n has of it is a times that.
    out.set(combine([1, xs[i]!], [-a * a, n], [-a * b, p]));
  });
  return result;
}

/** The unit eigenvector of [[aa, ab], [ab, bb]] for its larger eigenvalue. */
function leadingDirection(aa: number, ab: number, bb: number): readonly [number, number] {
  const angle = Math.atan2(2 * ab, aa - bb) / 2;
  return [Math.cos(angle), Math.sin(angle)];
}
