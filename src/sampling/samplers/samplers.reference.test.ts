// Every sampler against the reference's run on an analytic model, in float64 and float32
// (tests/reference/samplers and extensions/samplers, described in samplers-README.md and extensions/README.md).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { castLike, type Latent } from '../latent.ts';
import { findSampler, getSampler } from '../registry.ts';
import { solverOf } from '../solvers.ts';
import { gap, referenceAlphas as alphas } from '../testing.ts';
import type { Denoise, SamplerOptions, SamplerStep } from '../types.ts';

type Channels = readonly number[];
interface Inputs {
  readonly shape: readonly [number, number, number, number];
  readonly x_unit: readonly number[];
  readonly noise_bank: readonly (readonly number[])[];
  readonly denoiser: DenoiserConstants;
  /** Of samplers of extensions. */
  readonly denoiser_uncond?: DenoiserConstants;
  /** Of A1111's own samplers. */
  readonly eps_model?: EpsConstants;
  readonly eps_model_uncond?: EpsConstants;
}
interface DenoiserConstants {
  readonly a: Channels;
  readonly b: Channels;
  readonly d: Channels;
}
interface EpsConstants {
  readonly p: Channels;
  readonly q: Channels;
  readonly r: Channels;
}
interface Step {
  readonly i: number;
  readonly sigma: number;
  readonly sigma_hat: number;
  readonly x: readonly number[];
  readonly error?: number;
  readonly h?: number;
  readonly n_accept?: number;
  readonly n_reject?: number;
  readonly nfe?: number;
}
/** The reference's names of options, and ours. */
const OPTION_NAMES: Readonly<Record<string, keyof SamplerOptions>> = {
  eta: 'eta',
  s_churn: 'sChurn',
  s_tmin: 'sTmin',
  s_tmax: 'sTmax',
  s_noise: 'sNoise',
  order: 'order',
  max_order: 'order',
  solver_type: 'solverType',
  r: 'r',
  restart_list: 'restartList',
  rtol: 'rtol',
  atol: 'atol',
  h_init: 'hInit',
  pcoeff: 'pCoefficient',
  icoeff: 'iCoefficient',
  dcoeff: 'dCoefficient',
  accept_safety: 'acceptSafety',
  uni_pc_variant: 'uniPcVariant',
  uni_pc_order: 'order',
  uni_pc_skip_type: 'uniPcSkipType',
  uni_pc_lower_order_final: 'uniPcLowerOrderFinal',
  is_img2img: 'isImg2img',
  gamma: 'gamma',
  ge_gamma: 'gamma',
  max_stage: 'order',
  predictor_order: 'order',
  corrector_order: 'correctorOrder',
  simple_order_2: 'simpleOrder2',
};

interface Case {
  readonly sampler: string;
  readonly scheduler?: string;
  readonly n: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly sigmas?: readonly number[];
  readonly timesteps?: readonly number[];
  readonly sigma_min?: number;
  readonly sigma_max?: number;
  readonly x_start_scale?: number;
  readonly cond_scale?: number;
  readonly denoiser_calls: readonly number[];
  readonly noise: readonly { bank: number; kind: string; sigma?: number; sigma_next?: number }[];
  readonly steps: readonly Step[];
  readonly final: readonly number[];
  readonly error?: string;
}

function optionsOf(
  c: Case,
  noise: SamplerOptions['noise'],
  alphasCumprod: ArrayLike<number>,
): SamplerOptions {
  const given = Object.entries(c.options).map(([name, value]) => {
    const ours = OPTION_NAMES[name];
    if (!ours) throw new Error(`The reference uses an option we do not know: ${name}`);
    return [ours, ours === 'restartList' ? toRestartList(value as object) : value];
  });
  const range = c.sigma_min !== undefined && {
    sigmaMin: c.sigma_min,
    sigmaMax: c.sigma_max!,
    evaluations: c.n,
  };
  return { noise, alphasCumprod, ...range, ...Object.fromEntries(given) };
}

const toRestartList = (list: object): Map<number, unknown> =>
  new Map(Object.entries(list).map(([sigma, restart]) => [Number(sigma), restart]));

interface Run<T extends Latent> {
  readonly calls: { readonly level: number; readonly x: T; readonly step: number }[];
  readonly noise: { readonly sigma: number; readonly sigmaNext: number }[];
  readonly steps: SamplerStep<T>[];
  readonly final: T;
}

async function runCase<T extends Latent>(
  c: Case,
  inputs: Inputs,
  alphas: ArrayLike<number>,
  like: T,
): Promise<Run<T>> {
  const [, channels, height, width] = inputs.shape;
  const pixels = height * width;
  const map = (x: T, f: (value: number, channel: number) => number): T => {
    const out = castLike(like, x);
    for (let i = 0; i < x.length; i++) out[i] = f(x[i]!, Math.floor(i / pixels) % channels);
    return out;
  };
  const eps = ({ p, q, r }: EpsConstants, x: T, t: number): T => {
    const s = t / 1000;
    return map(x, (v, k) => v * (0.6 + 0.4 * s) * p[k]! + (1 - s) * (Math.tanh(v) * q[k]! + r[k]!));
  };
  const denoised = ({ a, b, d }: DenoiserConstants, x: T, sigma: number): T =>
    map(x, (v, k) => (v / (1 + sigma ** 2)) * a[k]! + Math.tanh(v / (1 + sigma)) * b[k]! + d[k]!);
  const guidedBy = (scale: number, cond: T, un: T): T =>
    castLike(
      like,
      un.map((u, i) => u + (cond[i]! - u) * scale),
    );
  const run: Run<T> = { calls: [], noise: [], steps: [], final: like };

  const denoise: Denoise<T> = (x, level) => {
    run.calls.push({ level, x, step: run.steps.length });
    let guided: T;
    let uncond: T;
    if (!c.timesteps) {
      guided = uncond = denoised(inputs.denoiser, x, level);
      if (c.cond_scale !== undefined) {
        uncond = denoised(inputs.denoiser_uncond!, x, level);
        guided = guidedBy(c.cond_scale, guided, uncond);
      }
    } else if (c.cond_scale === undefined) {
      guided = uncond = eps(inputs.eps_model!, x, level);
    } else {
      uncond = eps(inputs.eps_model_uncond!, x, level);
      const scale = c.cond_scale / getSampler(c.sampler).cfgDivisor;
      guided = guidedBy(scale, eps(inputs.eps_model!, x, level), uncond);
    }
    return Promise.resolve({ guided, uncond });
  };
  const noise = (sigma: number, sigmaNext: number): T => {
    const draw = c.noise[run.noise.length];
    if (!draw) throw new Error(`${c.sampler} drew noise ${run.noise.length + 1} of ${c.noise.length}`);
    run.noise.push({ sigma, sigmaNext });
    return castLike(like, Float64Array.from(inputs.noise_bank[draw.bank]!));
  };

  const x = castLike(
    like,
    Float64Array.from(inputs.x_unit, (value) => value * (c.x_start_scale ?? 1)),
  );
  const schedule = c.timesteps ?? c.sigmas ?? [];
  const sampling = solverOf(getSampler(c.sampler))(denoise, x, schedule, optionsOf(c, noise, alphas));
  for (;;) {
    const next = await sampling.next();
    if (next.done) return { ...run, final: next.value };
    run.steps.push(next.value);
  }
}

function tolerance(sampler: string): number {
  if (sampler === 'DPM adaptive') return 1e-7;
  // The reference sums its integrals in float32.
  if (findSampler(sampler)?.name === 'ER SDE') return 2e-8;
  return sampler === 'UniPC' ? 1e-8 : 1e-9;
}

/** What the reference's own float32 run may differ by. */
function tolerance32(c: Case): number {
  if (c.sampler === 'DPM adaptive') return 5e-4;
  if (c.sampler === 'DPM++ 2S a' && c.n <= 3) return 4e-4;
  return 3e-5;
}

function isRun(file: unknown): file is { readonly cases: readonly Case[]; readonly callback_x: string } {
  return typeof file === 'object' && file !== null && 'callback_x' in file && 'cases' in file;
}

const FOLDERS = [['samplers'], ['extensions', 'samplers']] as const;

const runs = FOLDERS.flatMap((folder) => {
  const names = listReference(...folder).filter((name) => name.endsWith('.json'));
  if (!names.includes('inputs.json')) return [];
  const inputs = readReferenceJson<Inputs>(...folder, 'inputs.json');
  return names.flatMap((name) => {
    const file = readReferenceJson<unknown>(...folder, name);
    return isRun(file) ? [{ name: [...folder, name].join('/'), file, inputs }] : [];
  });
});
const isOurs = ({ file }: (typeof runs)[number]): boolean =>
  file.cases.every(({ sampler }) => findSampler(sampler));

it.skipIf(runs.length === 0)('finds runs of samplers', () =>
  expect(runs.filter(isOurs).length).toBeGreaterThan(0),
);

it.skip.each(runs.filter((run) => !isOurs(run)))('$name: a sampler that is not built', () => undefined);

describe.each(runs.filter(isOurs))('$name', ({ file, inputs }) => {
  const before = file.callback_x.includes('before');
  const good = file.cases.filter((c) => c.error === undefined);
  const refused = file.cases.filter((c) => c.error !== undefined);

  it.each(good)('$sampler, $scheduler, $n steps, $options', async (c) => {
    const run = await runCase(c, inputs, alphas, new Float64Array(0));
    const allowed = tolerance(c.sampler);
    expect(
      gap(
        run.calls.map(({ level }) => level),
        c.denoiser_calls,
      ),
    ).toBeLessThan(allowed);
    expect(run.noise.length).toBe(c.noise.length);
    c.noise.forEach((draw, i) => {
      if (draw.sigma === undefined || draw.sigma_next === undefined) return;
      expect(gap([run.noise[i]!.sigma, run.noise[i]!.sigmaNext], [draw.sigma, draw.sigma_next])).toBeLessThan(
        allowed,
      );
    });
    expect(run.steps.length).toBe(c.steps.length);
    c.steps.forEach((expected, i) => {
      const step = run.steps[i]!;
      // What the reference tells before a step is what the step first asks the network about.
      const x = before ? run.calls.find((call) => call.step === i)!.x : step.x;
      expect(gap(x, expected.x)).toBeLessThan(allowed);
      expect(step.index).toBe(expected.i);
      if (c.sigmas) {
        expect(gap([step.sigma, step.sigmaHat], [expected.sigma, expected.sigma_hat])).toBeLessThan(allowed);
      }
      if (expected.error !== undefined) {
        const { error, h, accepted, rejected, evaluations } = step.adaptive!;
        expect(Math.abs(error / expected.error - 1)).toBeLessThan(1e-6);
        expect(Math.abs(h / expected.h! - 1)).toBeLessThan(1e-6);
        expect([accepted, rejected, evaluations]).toEqual([
          expected.n_accept,
          expected.n_reject,
          expected.nfe,
        ]);
      }
    });
    expect(gap(run.final, c.final)).toBeLessThan(allowed);
  });

  it.each(good)('$sampler, $scheduler, $n steps, $options in float32', async (c) => {
    const run = await runCase(c, inputs, alphas, new Float32Array(0));
    expect(run.steps.length).toBe(c.steps.length);
    expect(gap(run.final, c.final)).toBeLessThan(tolerance32(c));
  });

  // The reference's errors are assertions, which we keep, and slips (an unset variable), where we go on.
  it.each(refused)('$sampler, $n steps: $error', async (c) => {
    const run = runCase({ ...c, noise: [] }, inputs, alphas, new Float64Array(0));
    if (c.error!.startsWith('AssertionError')) await expect(run).rejects.toThrow(RangeError);
    else expect((await run).final.every(Number.isFinite)).toBe(true);
  });
});
