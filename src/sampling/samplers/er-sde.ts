// ER-SDE-Solver-3, Cui et al. 2023 (https://arxiv.org/abs/2309.06169): the reverse SDE with a noise of its own scale, as in ComfyUI
// (sample_er_sde).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';

/** Points over which the reference sums the integrals of a step. */
const POINTS = 200;

/** The paper's "SDE 5". */
const noiseScale = (sigma: number): number => sigma * (Math.exp(sigma ** 0.3) + 10);

export async function* erSde<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, sNoise = 1, order = 3 }: SamplerOptions,
): SamplerRun<T> {
  let previous: T | null = null;
  /** How the prediction changes with sigma, as the last step had it. */
  let previousSlope: T | null = null;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    if (sigmaNext === 0) x = denoised;
    else {
      const scale = noiseScale(sigmaNext);
      const r = scale / noiseScale(sigma);
      const dt = sigmaNext - sigma;
      x = combine([r, x], [1 - r, denoised]);
      if (order >= 2 && previous) {
        const { plain, weighed } = integrals(sigma, sigmaNext);
        const span = sigma - sigmas[index - 1]!;
        const slope: T = combine([1 / span, denoised], [-1 / span, previous]);
        x = combine([1, x], [dt + plain * scale, slope]);
        if (order >= 3 && previousSlope) {
          const half = (sigma - sigmas[index - 2]!) / 2;
          const curve = dt ** 2 / 2 + weighed * scale;
          x = combine([1, x], [curve / half, slope], [-curve / half, previousSlope]);
        }
        previousSlope = slope;
      }
      if (sNoise > 0) {
        const variance = sigmaNext ** 2 - sigma ** 2 * r ** 2;
        const size = variance > 0 ? Math.sqrt(variance) : 0;
        x = combine([1, x], [sNoise * size, noise(sigma, sigmaNext)]);
      }
    }
    previous = denoised;
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

/** Of 1 / scale and of (s - sigma) / scale over a step, from its lower end on. */
function integrals(sigma: number, sigmaNext: number): { readonly plain: number; readonly weighed: number } {
  const width = (sigma - sigmaNext) / POINTS;
  let [plain, weighed] = [0, 0];
  for (let i = 0; i < POINTS; i++) {
    const at = sigmaNext + i * width;
    plain += width / noiseScale(at);
    weighed += (width * (at - sigma)) / noiseScale(at);
  }
  return { plain, weighed };
}
