// Arithmetic that several samplers share (k-diffusion sampling.py).
import { combine, type Latent } from '../latent.ts';
import type { SamplerOptions } from '../types.ts';

/** Karras ODE derivative dx/dsigma. */
export function derivative<T extends Latent>(x: T, sigma: number, denoised: T): T {
  return combine([1 / sigma, x], [-1 / sigma, denoised]);
}

/** Splits a step from one sigma to another into a way down and the noise put back. Eta 0 puts none back. */
export function ancestralStep(
  from: number,
  to: number,
  eta: number,
): { readonly down: number; readonly up: number } {
  if (eta === 0) return { down: to, up: 0 };
  const up = Math.min(to, eta * Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2));
  return { down: Math.sqrt(to ** 2 - up ** 2), up };
}

/**
 * Karras et al. 2022, algorithm 2, lines 4-6: raises the noise level before a step. Draws its noise even when there is
 * no churn, as the reference does, so that later draws are the same.
 */
export function churn<T extends Latent>(
  x: T,
  sigma: number,
  sigmaNext: number,
  steps: number,
  { noise, sChurn = 0, sTmin = 0, sTmax = Infinity, sNoise = 1 }: SamplerOptions,
): { readonly x: T; readonly sigmaHat: number } {
  const gamma = sTmin <= sigma && sigma <= sTmax ? Math.min(sChurn / steps, Math.SQRT2 - 1) : 0;
  const eps = noise(sigma, sigmaNext);
  if (gamma <= 0) return { x, sigmaHat: sigma };
  const sigmaHat = sigma * (gamma + 1);
  return { x: combine([1, x], [sNoise * Math.sqrt(sigmaHat ** 2 - sigma ** 2), eps]), sigmaHat };
}

/** Time on which DPM-Solver's steps are even: -log sigma. */
export const tOf = (sigma: number): number => -Math.log(sigma);
export const sigmaOf = (t: number): number => Math.exp(-t);
