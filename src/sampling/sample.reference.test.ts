// Whole runs with guidance against A1111's (tests/reference/samplers: whole_runs, skip_uncond), in float64.
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import type { CondSchedule, NetworkCall } from './guidance.ts';
import { blendLinearly, type LatentMask } from './latent-mask.ts';
import { type InfotextEntries, samplingInfotext } from './infotext.ts';
import { DiscreteTable, LcmTable } from './noise-table.ts';
import type { NoiseSource } from './random/types.ts';
import { getSampler, totalSteps } from './registry.ts';
import { img2img, type SamplingOptions, type SamplingRequest, txt2img } from './sample.ts';
import { buildSigmas } from './schedules.ts';
import { ddimTimesteps, img2imgSteps } from './steps.ts';
import { analytic, type Cond, gap, type NetworkConstants, referenceAlphas } from './testing.ts';

const has = (name: string): boolean => listReference('samplers').includes(name);
// float32 values in a float64 table, as in the reference's runs.
const alphas = Float64Array.from(referenceAlphas);

class BankNoise implements NoiseSource<Float64Array> {
  private drawn = -1;
  constructor(
    private readonly first: Float64Array,
    private readonly bank: readonly (readonly number[])[],
  ) {}
  get draws(): number {
    return this.drawn;
  }
  next(): Float64Array {
    this.drawn += 1;
    return this.drawn === 0 ? this.first : Float64Array.from(this.bank[this.drawn - 1]!);
  }
  /** The reference replaced the Brownian path by the bank, too. */
  brownian(): () => Float64Array {
    return () => this.next();
  }
}

async function finish<T>(run: AsyncGenerator<unknown, T, void>): Promise<T> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

/** The reference's names of settings, and ours. */
const OPTION_NAMES: Readonly<Record<string, keyof SamplingOptions | keyof Img2imgSettings>> = {
  sgm_noise_multiplier: 'sgmNoiseMultiplier',
  eta_ddim: 'etaDdim',
  eta_ancestral: 'etaAncestral',
  s_churn: 'sChurn',
  s_tmin: 'sTmin',
  s_tmax: 'sTmax',
  s_noise: 'sNoise',
  enable_quantization: 'quantize',
  skip_early_cond: 'skipEarlyCond',
  s_min_uncond_all: 'sMinUncondAll',
  uni_pc_variant: 'uniPcVariant',
  uni_pc_skip_type: 'uniPcSkipType',
  uni_pc_order: 'uniPcOrder',
  uni_pc_lower_order_final: 'uniPcLowerOrderFinal',
  always_discard_next_to_last_sigma: 'alwaysDiscardNextToLastSigma',
  img2img_fix_steps: 'fixSteps',
  img2img_extra_noise: 'extraNoise',
};
interface Img2imgSettings {
  readonly fixSteps?: boolean;
  readonly extraNoise?: number;
}

interface Case {
  readonly sampler: string;
  readonly scheduler: string;
  readonly steps: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly cfg_scale: number;
  readonly total_steps: number;
  readonly img2img_strength?: number | null;
  readonly s_min_uncond?: number;
}

function settingsOf(c: Case): SamplingOptions & Img2imgSettings {
  const given = Object.entries(c.options).map(([name, value]) => {
    const ours = OPTION_NAMES[name];
    if (!ours) throw new Error(`The reference uses a setting we do not know: ${name}`);
    return [ours, value];
  });
  return { sMinUncond: c.s_min_uncond ?? 0, ...Object.fromEntries(given) };
}

interface Call {
  readonly t: number;
  readonly items: number;
}

interface RunSetup {
  readonly c: Case;
  readonly constants: NetworkConstants;
  readonly pixels: number;
  readonly noise: BankNoise;
  readonly initLatent: Float64Array | null;
  readonly prediction: 'epsilon' | 'v';
  readonly conds: { readonly weight: number; readonly schedule: CondSchedule<Cond> }[];
  readonly uncond: CondSchedule<Cond>;
  readonly sigmas?: readonly number[];
  readonly mask?: LatentMask;
}

async function runCase(setup: RunSetup): Promise<{ final: Float64Array; calls: Call[]; steps: number }> {
  const { c, constants, pixels, initLatent } = setup;
  const calls: Call[] = [];
  const settings = settingsOf(c);
  const network: NetworkCall<Cond, Float64Array> = (items) => {
    calls.push({ t: items[0]!.t, items: items.length });
    return Promise.resolve(items.map(({ x, t, cond }) => analytic(constants, pixels, x, t, cond)));
  };
  const request: SamplingRequest<Cond, Float64Array> = {
    sampler: c.sampler,
    scheduler: c.scheduler,
    steps: c.steps,
    cfgScale: c.cfg_scale,
    prediction: setup.prediction,
    alphasCumprod: alphas,
    noise: setup.noise,
    conds: [setup.conds],
    unconds: [setup.uncond],
    network,
    options: settings,
    ...(setup.sigmas && { sigmas: setup.sigmas }),
  };
  const run = initLatent
    ? img2img({
        ...request,
        initLatent,
        strength: c.img2img_strength!,
        fixSteps: settings.fixSteps ?? false,
        extraNoise: settings.extraNoise ?? 0,
        ...(setup.mask && { blend: (x) => blendLinearly(x, setup.mask!) }),
      })
    : txt2img(request);
  let steps = 0;
  for (;;) {
    const next = await run.next();
    if (next.done) return { final: next.value, calls, steps };
    steps += 1;
    expect(next.value.step).toBe(steps);
    if (c.sampler !== 'DPM adaptive') expect(next.value.steps).toBeGreaterThanOrEqual(steps);
  }
}

describe.skipIf(!has('whole_runs.json'))('whole_runs.json', () => {
  interface WholeCase extends Case {
    readonly parameterization: 'eps' | 'v';
    readonly mask: boolean;
    readonly conds: readonly { readonly weight: number; readonly schedule: CondSchedule<Cond> }[];
    readonly uncond: CondSchedule<Cond>;
    readonly sigmas?: readonly number[];
    readonly timesteps?: readonly number[];
    readonly noise_draws: number;
    readonly infotext: InfotextEntries;
    readonly calls: readonly {
      readonly step: number;
      readonly sigma_or_t: number;
      readonly network_t: number;
      readonly network_items: number;
      readonly uncond_ran: boolean;
    }[];
    readonly final: readonly number[];
  }
  interface WholeFile {
    readonly network: NetworkConstants;
    readonly shape: readonly [number, number, number, number];
    readonly x0_unit_noise_for_txt2img: readonly number[];
    readonly init_latent_for_img2img: readonly number[];
    readonly noise_for_img2img: readonly number[];
    readonly mask_4x4: readonly number[];
    readonly noise_bank: readonly (readonly number[])[];
    readonly cases: readonly WholeCase[];
  }
  const file = has('whole_runs.json') ? readReferenceJson<WholeFile>('samplers', 'whole_runs.json') : null;

  it.each(file?.cases ?? [])(
    '$sampler, $steps steps, CFG $cfg_scale, $parameterization, $options, strength $img2img_strength, mask $mask',
    async (c) => {
      const { shape, network, noise_bank } = file!;
      const isImg2img = c.img2img_strength !== null && c.img2img_strength !== undefined;
      const first = isImg2img ? file!.noise_for_img2img : file!.x0_unit_noise_for_txt2img;
      const noise = new BankNoise(Float64Array.from(first), noise_bank);
      const initLatent = isImg2img ? Float64Array.from(file!.init_latent_for_img2img) : null;
      const pixels = shape[2] * shape[3];
      const settings = settingsOf(c);
      const paint = Float64Array.from(
        { length: shape[1] * pixels },
        (_, i) => 1 - file!.mask_4x4[i % pixels]!,
      );
      const { final, calls } = await runCase({
        c,
        constants: network,
        pixels,
        noise,
        initLatent,
        prediction: c.parameterization === 'v' ? 'v' : 'epsilon',
        conds: [...c.conds],
        uncond: c.uncond,
        ...(c.sigmas && { sigmas: c.sigmas }),
        ...(c.mask && initLatent && { mask: { original: initLatent, paint } }),
      });
      const allowed = c.sampler === 'UniPC' ? 1e-8 : c.sampler === 'DPM adaptive' ? 1e-7 : 1e-9;
      expect(calls.map(({ items }) => items)).toEqual(c.calls.map((call) => call.network_items));
      // The reference rounds the way from sigma to t to float32 in places.
      expect(
        gap(
          calls.map(({ t }) => t),
          c.calls.map((call) => call.network_t),
        ),
      ).toBeLessThan(1e-9);
      expect(noise.draws).toBe(c.noise_draws);
      expect(gap(final, c.final)).toBeLessThan(allowed);

      const infotext = samplingInfotext({
        sampler: c.sampler,
        scheduler: c.scheduler,
        options: settings,
        alphasCumprod: alphas,
        isImg2img,
        extraNoise: settings.extraNoise ?? 0,
      });
      expect(infotext).toEqual(c.infotext);

      // The schedule given is also the one we would have made.
      const sampler = getSampler(c.sampler);
      const steps = isImg2img
        ? img2imgSteps(c.steps, c.img2img_strength!, settings.fixSteps ?? false)
        : { scheduleSteps: c.steps, encodeSteps: c.steps - 1 };
      expect(totalSteps(sampler, steps.encodeSteps + 1)).toBe(c.total_steps);
      if (c.timesteps) expect(ddimTimesteps(steps.scheduleSteps)).toEqual(c.timesteps);
      if (c.sigmas) {
        const table = sampler.kind === 'lcm' ? new LcmTable(alphas) : new DiscreteTable(alphas);
        const ours = buildSigmas({
          scheduler: c.scheduler,
          ...(sampler.scheduler !== undefined && { samplerScheduler: sampler.scheduler }),
          discardNextToLastSigma: sampler.discardNextToLastSigma,
          steps: steps.scheduleSteps,
          table,
        });
        c.sigmas.forEach((sigma, i) => expect(Math.abs(ours[i]! - sigma)).toBeLessThanOrEqual(2e-6 * sigma));
      }
    },
  );
});

describe.skipIf(!has('skip_uncond.json') || !has('whole_runs.json'))('skip_uncond.json', () => {
  interface SkipCase extends Case {
    readonly calls: readonly (readonly [step: number, level: number, uncondRan: boolean])[];
  }
  const { cases } = has('skip_uncond.json')
    ? readReferenceJson<{ readonly cases: readonly SkipCase[] }>('samplers', 'skip_uncond.json')
    : { cases: [] };
  // Which steps skip depends on neither network nor latents.
  const constants: NetworkConstants = {
    p: [1, 0.9, 1, 0.9],
    q: [0.5, -0.4, 0.3, 0.6],
    r: [0.1, -0.2, 0, 0.3],
  };

  it.each(cases)(
    '$sampler, $steps steps, $options, NGMS $s_min_uncond, strength $img2img_strength',
    async (c) => {
      const zero = new Float64Array(16);
      const isImg2img = c.img2img_strength !== null && c.img2img_strength !== undefined;
      const { calls } = await runCase({
        c,
        constants,
        pixels: 4,
        noise: new BankNoise(zero, Array<number[]>(200).fill([...zero])),
        initLatent: isImg2img ? zero : null,
        prediction: 'epsilon',
        conds: [{ weight: 1, schedule: [[1000, [0.8, 0.05]]] }],
        uncond: [[1000, [0.4, -0.03]]],
      });
      expect(calls.map(({ items }) => items === 2)).toEqual(c.calls.map(([, , uncondRan]) => uncondRan));
    },
  );
});

it('gives the same batch one image at a time', async () => {
  const constants: NetworkConstants = { p: [1, 0.9], q: [0.5, -0.4], r: [0.1, -0.2] };
  const noises = [
    [0.5, -1.5, 0.25, 2],
    [1, 0.1, -0.7, -0.2],
  ];
  const cond: CondSchedule<Cond> = [[100, [0.8, 0.05]]];
  const uncond: CondSchedule<Cond> = [[100, [0.4, -0.03]]];
  const sample = (first: number[], images: number, batchCondUncond: boolean): Promise<Float64Array> =>
    finish(
      txt2img<Cond, Float64Array>({
        sampler: 'DPM++ 2M',
        scheduler: 'Automatic',
        steps: 5,
        cfgScale: 7,
        prediction: 'epsilon',
        noise: new BankNoise(Float64Array.from(first), []),
        conds: Array.from({ length: images }, () => [{ weight: 1, schedule: cond }]),
        unconds: Array.from({ length: images }, () => uncond),
        network: (items) =>
          Promise.resolve(items.map(({ x, t, cond: c }) => analytic(constants, 2, x, t, c))),
        options: { batchCondUncond },
      }),
    );
  const together = await sample(noises.flat(), 2, true);
  const alone = await Promise.all(noises.map((first) => sample(first, 1, false)));
  expect([...together]).toEqual(alone.flatMap((x) => [...x]));
});
