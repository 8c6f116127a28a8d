// Counting steps: which part of a schedule img2img runs, and the timesteps of DDIM and its kin
// (A1111 modules/sd_samplers_common.py setup_img2img_steps, sd_samplers_timesteps.py get_timesteps).
import { TRAINING_STEPS } from './training-steps.ts';

export interface Img2imgSteps {
  /** Length of the whole schedule. */
  readonly scheduleSteps: number;
  /** Steps that k-diffusion samplers run, less one; timesteps that timestep samplers are given. */
  readonly encodeSteps: number;
}

/**
 * `strength`: denoising strength 0..1. `fixSteps`: run exactly `steps` steps of a longer schedule (A1111's setting, and
 * what hires fix does); otherwise strength shortens the run.
 */
export function img2imgSteps(steps: number, strength: number, fixSteps: boolean): Img2imgSteps {
  const part = Math.min(strength, 0.999);
  if (fixSteps) {
    return { scheduleSteps: strength > 0 ? Math.trunc(steps / part) : 0, encodeSteps: steps - 1 };
  }
  return { scheduleSteps: steps, encodeSteps: Math.trunc(part * steps) };
}

/** The part of a sigma schedule that img2img runs. Steps as in `img2imgSteps`. */
export function img2imgSigmas(
  sigmas: readonly number[],
  { scheduleSteps, encodeSteps }: Img2imgSteps,
): number[] {
  return sigmas.slice(scheduleSteps - encodeSteps - 1);
}

/**
 * Timesteps, ascending: 1, 1 + stride, ... below 1000. There may be more than `steps`: the stride is rounded down.
 * @throws RangeError beyond 1000 steps, where no stride is left, and for 0.
 */
export function ddimTimesteps(steps: number, discardNextToLast = false): number[] {
  const count = steps + (discardNextToLast ? 1 : 0);
  if (!(count >= 1 && count <= TRAINING_STEPS)) {
    throw new RangeError(`Timestep samplers can make 1 to ${TRAINING_STEPS} steps, not ${count}.`);
  }
  const stride = Math.floor(TRAINING_STEPS / count);
  const out: number[] = [];
  for (let t = 0; t < TRAINING_STEPS; t += stride) out.push(Math.min(t + 1, TRAINING_STEPS - 1));
  return out;
}
