// Adaptive Projected Guidance (Sadat et al. 2024, arXiv 2410.02416, section 4; ComfyUI's node APG): guidance is split into what lies
// along the positive prediction, which saturates colours, and what is orthogonal to it; it is bounded, and may have momentum.
import { combine, type Latent, scale } from '../latent.ts';
import { dot, imagesOf, norm } from './batch.ts';

export interface ProjectionOptions {
  /** What the part along the positive prediction is multiplied by; 1 leaves it. */
  readonly eta: number;
  /** Longest that guidance may be, of an image's latent; 0: any. */
  readonly normThreshold: number;
  /** What the sum of past guidance is multiplied by before this one is added; negative in the paper; 0: no past. */
  readonly momentum: number;
}

/** `torch.nn.functional.normalize` divides by no less. */
const LEAST_NORM = 1e-12;

/** Of one run: it remembers. */
export class AdaptiveProjection<T extends Latent> {
  #past: T | undefined;
  #sigma = Infinity;

  constructor(private readonly options: ProjectionOptions) {}

  /**
   * What ordinary guidance at `cfgScale` is to start from in place of the positive prediction `cond`, so that the result is cond +
   * cfgScale * projected guidance. Forgets the past where `sigma` has risen: that is another run.
   */
  positive(cond: T, uncond: T, images: number, sigma: number, cfgScale: number): T {
    const { eta, normThreshold, momentum } = this.options;
    const difference = combine([1, cond], [-1, uncond]);
    if (sigma > this.#sigma) this.#past = undefined;
    this.#sigma = sigma;
    if (momentum !== 0) {
      this.#past = this.#past ? combine([1, difference], [momentum, this.#past]) : difference;
    }
    const guidance = this.#past ?? difference;
    const result = scale(cond, 1);
    const parts = [result, guidance, cond, uncond, difference].map((one) => imagesOf(one, images));
    for (let image = 0; image < images; image++) {
      const [out, whole, towards, from, plain] = parts.map((one) => one[image]!) as [T, T, T, T, T];
      const length = norm(whole);
      const bound = normThreshold > 0 && length > normThreshold ? normThreshold / length : 1;
      const along = (bound * dot(whole, towards)) / Math.max(norm(towards), LEAST_NORM) ** 2;
      out.set(combine([1, from], [bound, whole], [(eta - 1) * along, towards], [1 / cfgScale, plain]));
    }
    return result;
  }
}
