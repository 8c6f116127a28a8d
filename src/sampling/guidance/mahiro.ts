// Mahiro (ComfyUI's node of that name, "positive-biased guidance"; no paper): the more the guided prediction points elsewhere than the
// scaled negative one, the more of the scaled positive prediction takes its place.
import { combine, type Latent, scale } from '../latent.ts';
import type { BatchShape } from './batch.ts';

/** As `torch.nn.functional.cosine_similarity` has it. */
const LEAST_LENGTH = 1e-8;

/** The guided prediction; `guided` is the ordinary one at `cfgScale`. One likeness counts for all images, as there. */
export function mahiro<T extends Latent>(
  cond: T,
  uncond: T,
  guided: T,
  shape: BatchShape,
  cfgScale: number,
): T {
  const leap = scale(cond, cfgScale);
  const merged = combine([0.5, leap], [0.5, guided]);
  const likeness = meanLikeness(signedRoots(scale(uncond, cfgScale)), signedRoots(merged), shape);
  const share = (likeness + 1) / 2;
  return combine([share, guided], [1 - share, leap]);
}

function signedRoots<T extends Latent>(x: T): T {
  return x.map((value) => Math.sign(value) * Math.sqrt(Math.abs(value))) as T;
}

/** The cosine between the channels of each cell, averaged over all cells. */
function meanLikeness(a: Latent, b: Latent, { images, channels, height, width }: BatchShape): number {
  const cells = height * width;
  let sum = 0;
  for (let image = 0; image < images; image++) {
    for (let cell = 0; cell < cells; cell++) {
      let [ab, aa, bb] = [0, 0, 0];
      for (let channel = 0; channel < channels; channel++) {
        const at = (image * channels + channel) * cells + cell;
        ab += a[at]! * b[at]!;
        aa += a[at]! ** 2;
        bb += b[at]! ** 2;
      }
      sum += ab / (Math.max(Math.sqrt(aa), LEAST_LENGTH) * Math.max(Math.sqrt(bb), LEAST_LENGTH));
    }
  }
  return sum / (images * cells);
}
