// CFG-Zero* (Fan et al. 2025, arXiv 2503.18886, section 3.2; ComfyUI's node CFGZeroStar): the negative prediction is scaled so that
// it comes nearest to the positive one. The paper's zeroed first steps are for flow models, and no part of the node.
import { combine, emptyLike, type Latent } from '../latent.ts';
import { dot, imagesOf } from './batch.ts';

/** The guided prediction, of clean latents; `guided` is the ordinary one at `cfgScale`. */
export function zeroStar<T extends Latent>(
  x: T,
  cond: T,
  uncond: T,
  guided: T,
  images: number,
  cfgScale: number,
): T {
  const positive = imagesOf(combine([1, x], [-1, cond]), images);
  const negative = imagesOf(combine([1, x], [-1, uncond]), images);
  const result = emptyLike(guided);
  const outs = imagesOf(result, images);
  const [bases, ordinary] = [imagesOf(uncond, images), imagesOf(guided, images)];
  outs.forEach((out, i) => {
    const factor = dot(positive[i]!, negative[i]!) / (dot(negative[i]!, negative[i]!) + 1e-8);
    out.set(combine([1, ordinary[i]!], [(factor - 1) * (1 - cfgScale), bases[i]!]));
  });
  return result;
}
