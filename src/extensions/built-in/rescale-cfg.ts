// RescaleCFG (Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps are Flawed", section 3.4, equations 15 and 16): high CFG
// scales make predictions swing wider than the network ever learned, and pictures garish; so the spread of the guided prediction is
// brought towards that of the positive one. Both are looked at as v predictions, as ComfyUI's node of that name does.
import { combineGuidance } from '../../sampling/combine-guidance.ts';
import { combine, standardDeviation, type Latent } from '../../sampling/latent.ts';
import type { Control } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

const controls: readonly Control[] = [
  {
    ...{ kind: 'number', key: 'multiplier', label: 'Multiplier', min: 0, max: 1, step: 0.01, default: 0.7 },
    about: 'How far the spread is brought to that of the positive prompt: 0 leaves it, 1 makes them equal.',
  },
];

export const rescaleCfg: Extension = {
  name: 'RescaleCFG',
  title: 'RescaleCFG',
  about: 'Takes the garish colours from pictures at high CFG scales, which v-prediction models tend to.',
  paper: {
    title: 'Common Diffusion Noise Schedules and Sample Steps are Flawed',
    address: 'https://arxiv.org/abs/2305.08891',
  },
  controls,
  text: fieldsText(controls, { multiplier: 'CFG Rescale' }),
  sampling: ({ multiplier }) => ({
    guidance: ({ images, space, level, sigma }) =>
      images.map(({ x, conds, uncond, guided }) => {
        if (uncond === null) return guided;
        const positive = combineGuidance(conds, uncond, 1);
        const [towards, from] = [positive, guided].map((output) => space.denoised(x, output, level));
        const noisy = space.noisy(x, level);
        return space.output(x, rescaled(noisy, towards!, from!, sigma, Number(multiplier)), level);
      }),
  }),
};

/** All of one image, in k-diffusion's terms: the noisy latent, and the clean ones of the positive prompt alone and after guidance. */
export function rescaled<T extends Latent>(
  noisy: T,
  positive: T,
  guided: T,
  sigma: number,
  multiplier: number,
): T {
  // v of x = x0 + sigma n, for the variance-preserving x / sqrt(sigma^2 + 1).
  const root = Math.sqrt(sigma ** 2 + 1);
  const vOf = (denoised: T): T => combine([-root / sigma, denoised], [1 / (sigma * root), noisy]);
  const v = vOf(guided);
  const spread = standardDeviation(v);
  const ratio = spread > 0 ? standardDeviation(vOf(positive)) / spread : 1;
  const factor = multiplier * ratio + (1 - multiplier);
  return combine([(-sigma / root) * factor, v], [1 / root ** 2, noisy]);
}
