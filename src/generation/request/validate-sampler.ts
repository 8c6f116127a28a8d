// Whether a pass can be sampled as asked: what its sampler can do with so many steps, and what to say where it cannot.
import { MOST_STEPS } from './bounds.ts';
import { TRAINING_STEPS } from '../../sampling/training-steps.ts';
import { findSampler } from '../../sampling/registry.ts';
import { findScheduler } from '../../sampling/schedulers.ts';
import { img2imgSteps } from '../../sampling/steps.ts';
import { shortened } from './problems.ts';
import type { GenerationParameters } from './request.ts';

/** `strength`: denoising strength of a pass that starts from a picture; null for one from noise alone. */
export function samplerProblems(
  { sampler, scheduler, steps: asked, settings }: GenerationParameters,
  strength: number | null,
): string[] {
  const problems: string[] = [];
  const fixSteps = settings.img2imgFixSteps;
  const part = strength === null ? null : img2imgSteps(asked, strength, fixSteps);
  /** Of the whole schedule. */
  const steps = part?.scheduleSteps ?? asked;
  if (steps > MOST_STEPS && asked <= MOST_STEPS) {
    problems.push(
      `${asked} sampling steps at a denoising strength of ${strength} are part of a schedule of ${steps} steps; at most ${MOST_STEPS} can be made. Raise the denoising strength.`,
    );
  }
  const info = findSampler(sampler);
  if (!info) problems.push(`There is no sampling method called "${shortened(sampler)}"; choose another.`);
  if (!findScheduler(scheduler))
    problems.push(`There is no schedule type called "${shortened(scheduler)}"; choose another.`);
  const timesteps = steps + (settings.alwaysDiscardNextToLastSigma ? 1 : 0);
  if (info?.kind === 'timestep' && steps === 0) {
    problems.push(`${info.name} cannot make exactly ${asked} steps at a denoising strength of 0; raise it.`);
  }
  if (info?.kind === 'timestep' && timesteps > TRAINING_STEPS) {
    problems.push(`${info.name} can make at most ${TRAINING_STEPS} sampling steps; there are ${timesteps}.`);
  }
  const made = part?.encodeSteps ?? asked;
  if (info?.name === 'UniPC' && made < settings.uniPcOrder) {
    const why = part ? ` of ${asked} at a denoising strength of ${strength}` : '';
    problems.push(
      `UniPC of order ${settings.uniPcOrder} needs at least as many sampling steps; there are ${made}${why}.`,
    );
  }
  return problems;
}
