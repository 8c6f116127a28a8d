// Guidance is written for clean latents; timestep samplers have others. What an extension makes of one evaluation is the same in both.
import { describe, expect, it } from 'vitest';
import type { Cond } from '../../models/cond.ts';
import { SHARES } from '../../models/attention-changes.ts';
import { sigmaParameterization, timestepParameterization } from '../../sampling/denoiser.ts';
import { guide, type GuidanceRequest } from '../../sampling/guidance.ts';
import type { NetworkCall } from '../../sampling/network-call.ts';
import { DiscreteTable, linearAlphasCumprod } from '../../sampling/noise-table.ts';
import { SIGMA_SPACE, timestepSpace } from '../../sampling/sigma-space.ts';
import { tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel, relativeError } from '../../../tests/tiny-model.ts';
import { fittingValues } from '../controls.ts';
import type { Extension, ExtensionPass } from '../interface.ts';
import { adaptiveProjectedGuidance } from './adaptive-projected-guidance.ts';
import { cfgNorm } from './cfg-norm.ts';
import { cfgZeroStar } from './cfg-zero-star.ts';
import { dynamicThresholding } from './dynamic-thresholding.ts';
import { mahiro } from './mahiro.ts';
import { perturbedAttention, perturbedAttentionOfForge } from './perturbed-attention.ts';
import { selfAttentionGuidance, selfAttentionGuidanceOfForge } from './self-attention-guidance.ts';
import { tangentialDamping } from './tangential-damping.ts';

const [T, WIDTH, HEIGHT, CHANNELS] = [400, 12, 10, 4];
const SIZE = WIDTH * HEIGHT * CHANNELS;
const alphas = linearAlphasCumprod();
const table = new DiscreteTable(alphas);

const condOf = (told: number): Cond => ({ context: Float32Array.of(told), tokens: 1, vector: null });

/** Eps that hangs on the prompt, on marks, and on neighbours; it looks at the left of the picture. */
const network: NetworkCall<Cond> = (items) =>
  Promise.resolve(
    items.map(({ x, cond, marks = {}, onNote }) => {
      onNote?.(SHARES, Float32Array.of(0.3, 0.2, 0.3, 0.2));
      const told = cond.context[0]! * (Object.values(marks).some((mark) => mark > 0) ? 0.7 : 1);
      return x.map((value, i) => Math.tanh(value + told * Math.sin(i)) + 0.2 * x[(i + 1) % SIZE]!);
    }),
  );

const [model] = tinyModels();
const unet = model === undefined ? null : (await loadTinyModel(model)).unet;

const pass: Omit<ExtensionPass, 'unet'> = {
  ...{ family: 'sd1', pass: 'first', width: 8 * WIDTH, height: 8 * HEIGHT, prediction: 'epsilon' },
  ...{ seeds: [1, 2], rng: 'CPU', steps: 10, sampler: 'Euler', cfgScale: 9, channels: CHANNELS },
};

/** One evaluation; both images' prompts differ. */
function evaluate(
  { controls, sampling }: Extension,
  kind: Pick<GuidanceRequest<Cond, Float32Array>, 'parameterization' | 'space'>,
  x: Float32Array,
  level: number,
) {
  const denoise = guide<Cond, Float32Array>({
    ...{ ...kind, network, cfgScale: pass.cfgScale, totalSteps: 10 },
    conds: [1, 2].map((told) => [{ weight: 1, schedule: [[100, condOf(told)]] }]),
    unconds: [0, -1].map((told) => [[100, condOf(told)]]),
    shownStep: () => ({ step: 0, steps: 10 }),
    hooks: [sampling!(fittingValues(controls, {}), { ...pass, unet: unet! })],
  });
  return denoise(x, level);
}

describe
  .skipIf(tinyModels().length === 0)
  .each<Extension>([
    ...[adaptiveProjectedGuidance, cfgNorm, cfgZeroStar, dynamicThresholding, mahiro, tangentialDamping],
    ...[perturbedAttention, perturbedAttentionOfForge, selfAttentionGuidance, selfAttentionGuidanceOfForge],
  ])('$name', (extension) => {
  it('means the same to a timestep sampler', async () => {
    const x = Float32Array.from({ length: 2 * SIZE }, (_, i) => Math.sin(0.7 * i) + 0.3 * Math.cos(2.1 * i));
    const space = timestepSpace(alphas);
    const sigmas = { parameterization: sigmaParameterization('epsilon', table), space: SIGMA_SPACE };
    const times = { parameterization: timestepParameterization('epsilon', alphas), space };
    const noisy = space.noisy(x, T);
    const wanted = (await evaluate(extension, sigmas, noisy, space.sigma(T))).guided;
    const given = (await evaluate(extension, times, x, T)).guided;
    expect(relativeError(space.denoised(x, given, T), wanted)).toBeLessThan(1e-5);
    // And it does something.
    const plain = await evaluate({ ...extension, sampling: () => ({}) }, sigmas, noisy, space.sigma(T));
    expect(relativeError(wanted, plain.guided)).toBeGreaterThan(1e-3);
  });
});
