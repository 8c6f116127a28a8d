// The CFG scale as a curve over a run (Wang et al. 2024, arXiv 2404.13040), and guidance in an interval of noise levels only
// (Kynkäänniemi et al. 2024, arXiv 2404.07724), as v0xie/sd-webui-incantations has them.
type Curve = (left: number, done: number, scale: number, step: number) => number;

const linear: Curve = (left, _, scale) => 2 * scale * left;
const cosine: Curve = (_, done, scale) => scale * (1 + Math.cos(Math.PI * done));
const clamped =
  (curve: Curve, least: number): Curve =>
  (...at) =>
    Math.max(least, curve(...at));
const poweredCosine =
  (power: number): Curve =>
  (left, _, scale) =>
    (scale * (1 - Math.cos(Math.PI * left ** power))) / 2;

/** `done` and `left`: parts of the run, which add up to 1. */
const CURVES = {
  Constant: (_left, _done, scale) => scale,
  'Clamp-Linear (c=4.0)': clamped(linear, 4),
  'Clamp-Linear (c=2.0)': clamped(linear, 2),
  'Clamp-Linear (c=1.0)': clamped(linear, 1),
  Linear: linear,
  'Inverse-Linear': (_, done, scale) => 2 * scale * done,
  Cosine: cosine,
  'Clamp-Cosine (c=4.0)': clamped(cosine, 4),
  'Clamp-Cosine (c=2.0)': clamped(cosine, 2),
  'Clamp-Cosine (c=1.0)': clamped(cosine, 1),
  Sine: (_, done, scale) => scale * (1 - Math.cos(Math.PI * done)),
  // The paper's interval of noise levels, which is compared with the step there.
  Interval: (_left, _done, scale, step) => (step >= 0.25 && step <= 5.42 ? scale : 1),
  'PCS (s=0.01)': poweredCosine(0.01),
  'PCS (s=0.1)': poweredCosine(0.1),
  'PCS (s=1.0)': poweredCosine(1),
  'PCS (s=2.0)': poweredCosine(2),
  'PCS (s=4.0)': poweredCosine(4),
} satisfies Record<string, Curve>;

export type CfgSchedule = keyof typeof CURVES;
export const CFG_SCHEDULES = Object.keys(CURVES) as readonly CfgSchedule[];

/** The CFG scale in step `step` of `steps`, counted from 0, where it is `scale` without a schedule. */
export function scheduledCfgScale(schedule: CfgSchedule, step: number, steps: number, scale: number): number {
  const curve: Curve = CURVES[schedule];
  return curve((steps - step) / steps, step / steps, scale, step);
}

const SIGMA_MIN = 0.002;
const SIGMA_MAX = 80;
const RHO = 3;

/** The noise level of a step as intervals are told: EDM's curve (Karras et al. 2022, equation 5), whatever the sampler's. */
export function noiseLevelOf(step: number, steps: number): number {
  if (step === 0) return SIGMA_MAX;
  if (step >= steps) return 0;
  const [most, least] = [SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)];
  return (most + (step / (steps - 1)) * (least - most)) ** RHO;
}

/** The noise level of the step whose level is the nearest (the earlier one of two that are as near). */
export function nearestNoiseLevel(level: number, steps: number): number {
  if (level <= SIGMA_MIN) return 0;
  let nearest = SIGMA_MAX;
  for (let step = 1; step <= steps; step++) {
    const candidate = noiseLevelOf(step, steps);
    if (Math.abs(candidate - level) < Math.abs(nearest - level)) nearest = candidate;
  }
  return nearest;
}

export interface CfgInterval {
  readonly schedule: CfgSchedule;
  /** Noise levels, 0..100, in any order. */
  readonly low: number;
  readonly high: number;
}

/** The CFG scale in a step: the schedule's within the interval, 1 outside it. A constant one has no interval there. */
export function cfgScaleInInterval(
  { schedule, low, high }: CfgInterval,
  step: number,
  steps: number,
  scale: number,
): number {
  if (schedule === 'Constant') return scale;
  const ends = [nearestNoiseLevel(low, steps), nearestNoiseLevel(high, steps)];
  const level = noiseLevelOf(step, steps);
  if (level < Math.min(...ends) || level > Math.max(...ends)) return 1;
  return scheduledCfgScale(schedule, step, steps, scale);
}
