// Noise tables, schedules and step arithmetic against A1111's and k-diffusion's (tests/reference/schedules).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { type InfotextEntries, samplingInfotext } from './infotext.ts';
import {
  DiscreteTable,
  downcastAlphas,
  LcmTable,
  linearAlphasCumprod,
  zeroTerminalSnr,
} from './noise-table.ts';
import { getSampler, totalSteps } from './registry.ts';
import { findScheduler } from './schedulers.ts';
import { buildSigmas, type ScheduleOptions } from './schedules.ts';
import { ddimTimesteps, img2imgSigmas, img2imgSteps } from './steps.ts';

const has = (name: string): boolean => listReference('schedules').includes(name);
const read = <T>(name: string): T => readReferenceJson<T>('schedules', name);

/** Largest difference relative to the expected value; zeros must be zeros. */
function expectRelative(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  expected.forEach((value, i) => {
    const difference = Math.abs(actual[i]! - value);
    worst = Math.max(worst, value === 0 ? (difference === 0 ? 0 : Infinity) : difference / Math.abs(value));
  });
  expect(worst).toBeLessThanOrEqual(tolerance);
}

interface TablesFile {
  readonly betas_first_last_float64: readonly [number, number];
  readonly alphas_cumprod: readonly number[];
  readonly sigmas: readonly number[];
}
const tables = has('tables.json') ? read<TablesFile>('tables.json') : null;
// The files of schedules share the table, which is the one of every SD model.
const alphas = tables ? Float32Array.from(tables.alphas_cumprod) : linearAlphasCumprod();
const table = new DiscreteTable(alphas);
const lcmTable = new LcmTable(alphas);

describe.skipIf(!tables)('tables.json', () => {
  it('has our alphas_cumprod, exactly, and sigmas', () => {
    const [start, end] = tables!.betas_first_last_float64;
    const ours = linearAlphasCumprod(start, end);
    expect([...ours]).toEqual([...alphas]);
    expectRelative(new DiscreteTable(ours).sigmas, tables!.sigmas, 2e-6);
  });
});

describe.skipIf(!has('alpha_overrides.json'))('alpha_overrides.json', () => {
  interface Case {
    readonly options: { readonly sd_noise_schedule?: string; readonly use_downcasted_alpha_bar?: boolean };
    readonly alphas_cumprod: readonly number[];
    readonly sigma_min?: number;
    readonly sigma_max?: number;
  }
  it.each(has('alpha_overrides.json') ? read<{ cases: Case[] }>('alpha_overrides.json').cases : [])(
    '$options',
    (c) => {
      let ours: Float32Array = alphas;
      if (c.options.use_downcasted_alpha_bar) ours = downcastAlphas(ours);
      if (c.options.sd_noise_schedule === 'Zero Terminal SNR') ours = zeroTerminalSnr(ours);
      if (c.options.use_downcasted_alpha_bar)
        expect([...ours]).toEqual([...Float32Array.from(c.alphas_cumprod)]);
      else expectRelative(ours, c.alphas_cumprod, 5e-6);
      const { sigmas } = new DiscreteTable(ours);
      if (c.sigma_min !== undefined) expectRelative([sigmas[0]!], [c.sigma_min], 2e-6);
      if (c.sigma_max !== undefined) expectRelative([sigmas.at(-1)!], [c.sigma_max], 5e-6);
    },
  );
});

// Of the schedules that torch computes in float32 ours have the same bits; KL Optimal's tangents are the exception.
describe.skipIf(!has('schedulers_sd1.json'))('bits of schedulers_sd1.json', () => {
  it('are the same', () => {
    let [same, total] = [0, 0];
    for (const [scheduler, byCount] of Object.entries(
      read<SchedulersFile>('schedulers_sd1.json').schedulers,
    )) {
      if (scheduler === 'KL Optimal') continue;
      for (const [n, expected] of Object.entries(byCount)) {
        const ours = buildSigmas({ scheduler, steps: Number(n), table });
        total += expected.length;
        same += expected.filter((value, i) => Math.fround(value) === ours[i]).length;
      }
    }
    expect(same / total).toBeGreaterThan(0.999);
  });
});

interface SchedulersFile {
  readonly schedulers: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}
const schedulerFiles = [
  { name: 'schedulers_sd1.json', model: 'sd1', zeroSnr: false },
  { name: 'schedulers_sdxl.json', model: 'sdxl', zeroSnr: false },
  { name: 'schedulers_zero_terminal_snr.json', model: 'sd1', zeroSnr: true },
] as const;
describe.each(schedulerFiles.filter(({ name }) => has(name)))('$name', ({ name, model, zeroSnr }) => {
  const cases = Object.entries(read<SchedulersFile>(name).schedulers).flatMap(([scheduler, byCount]) =>
    Object.entries(byCount).map(([n, sigmas]) => ({ scheduler, n: Number(n), sigmas })),
  );
  it.each(cases)('$scheduler, $n steps', ({ scheduler, n, sigmas }) => {
    const used = zeroSnr ? new DiscreteTable(zeroTerminalSnr(alphas)) : table;
    const tolerance = zeroSnr ? (scheduler === 'KL Optimal' ? 2e-4 : 5e-6) : 2e-6;
    expectRelative(buildSigmas({ scheduler, steps: n, table: used, optimizedFor: model }), sigmas, tolerance);
  });
});

// Schedules that A1111 lacks. Where it has one of the same name, as of ComfyUI's Beta, ours is A1111's.
type Levels = Readonly<Record<string, readonly number[]>>;
interface LaterFile {
  readonly rows: Readonly<
    Record<string, { readonly source: string; readonly sigmas?: Levels; readonly sigmas_sdxl?: Levels }>
  >;
}
const ofWebui = new Set(
  has('schedulers_sd1.json') ? Object.keys(read<SchedulersFile>('schedulers_sd1.json').schedulers) : [],
);
const later = listReference('extensions', 'schedules').includes('schedules.json')
  ? Object.entries(readReferenceJson<LaterFile>('extensions', 'schedules', 'schedules.json').rows).flatMap(
      ([scheduler, { sigmas = {}, sigmas_sdxl: ofSdxl = {} }]) =>
        (
          [
            ['sd1', sigmas],
            ['sdxl', ofSdxl],
          ] as const
        ).flatMap(([model, levels]) =>
          Object.entries(levels).map(([n, expected]) => ({ scheduler, model, n: Number(n), expected })),
        ),
    )
  : [];
const isBuilt = ({ scheduler }: (typeof later)[number]): boolean =>
  findScheduler(scheduler) !== undefined && !ofWebui.has(scheduler);
describe.skipIf(later.length === 0)('extensions/schedules/schedules.json', () => {
  it('has some that are built', () => expect(later.some(isBuilt)).toBe(true));

  it.each(later.filter(isBuilt))('$scheduler, $model, $n steps', ({ scheduler, model, n, expected }) => {
    expectRelative(buildSigmas({ scheduler, steps: n, table, optimizedFor: model }), expected, 1e-5);
  });
});

describe.skipIf(!has('schedule_options.json'))('schedule_options.json', () => {
  /** The reference's names of settings, and ours. */
  const names: Readonly<Record<string, keyof ScheduleOptions>> = {
    sigma_min: 'sigmaMin',
    sigma_max: 'sigmaMax',
    rho: 'rho',
    use_old_karras_scheduler_sigmas: 'useOldKarrasSigmas',
    always_discard_next_to_last_sigma: 'alwaysDiscardNextToLastSigma',
    beta_dist_alpha: 'betaAlpha',
    beta_dist_beta: 'betaBeta',
  };
  interface OptionsFile {
    readonly sampler: string;
    readonly cases: readonly {
      readonly options: Readonly<Record<string, unknown>>;
      readonly scheduler: string;
      readonly n: number;
      readonly sigmas: readonly number[];
      readonly infotext: InfotextEntries;
    }[];
  }
  const file = has('schedule_options.json')
    ? read<OptionsFile>('schedule_options.json')
    : { sampler: '', cases: [] };
  it.each(file.cases)('$scheduler, $options', ({ options, scheduler, n, sigmas, infotext }) => {
    const { enable_quantization: quantize = false, ...rest } = options;
    const ours: ScheduleOptions = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => {
        if (!names[name]) throw new Error(`The reference uses a setting we do not know: ${name}`);
        return [names[name], value];
      }),
    );
    const sampler = getSampler(file.sampler);
    const used = new DiscreteTable(alphas, quantize === true);
    const result = buildSigmas({
      scheduler,
      ...(sampler.scheduler !== undefined && { samplerScheduler: sampler.scheduler }),
      discardNextToLastSigma: sampler.discardNextToLastSigma,
      steps: n,
      table: used,
      options: ours,
    });
    expectRelative(result, sigmas, 2e-6);
    expect(samplingInfotext({ sampler: file.sampler, scheduler, options: ours })).toEqual(infotext);
  });
});

describe.skipIf(!has('per_sampler.json'))('per_sampler.json', () => {
  interface Case {
    readonly sampler: string;
    readonly aliases: readonly string[];
    readonly config: {
      readonly scheduler?: string;
      readonly second_order?: boolean;
      readonly discard_next_to_last_sigma?: boolean;
      readonly brownian_noise?: boolean;
      readonly uses_ensd?: boolean;
      readonly solver_type?: string;
    };
    readonly total_steps_for_20: number;
    readonly schedules: readonly {
      readonly scheduler: string;
      readonly n: number;
      readonly sigmas: readonly number[];
    }[];
  }
  it.each(has('per_sampler.json') ? read<{ cases: Case[] }>('per_sampler.json').cases : [])(
    '$sampler',
    (c) => {
      const sampler = getSampler(c.sampler);
      expect(sampler.name).toBe(c.sampler);
      expect(sampler.aliases).toEqual(c.aliases);
      expect(sampler.scheduler).toBe(c.config.scheduler);
      expect(sampler.secondOrder).toBe(c.config.second_order ?? false);
      expect(sampler.discardNextToLastSigma).toBe(c.config.discard_next_to_last_sigma ?? false);
      expect(sampler.brownianNoise).toBe(c.config.brownian_noise ?? false);
      expect(sampler.usesEnsd).toBe(c.config.uses_ensd ?? false);
      expect(totalSteps(sampler, 20)).toBe(c.total_steps_for_20);
      for (const { scheduler, n, sigmas } of c.schedules) {
        const result = buildSigmas({
          scheduler,
          ...(sampler.scheduler !== undefined && { samplerScheduler: sampler.scheduler }),
          discardNextToLastSigma: sampler.discardNextToLastSigma,
          steps: n,
          table: sampler.kind === 'lcm' ? lcmTable : table,
        });
        expectRelative(result, sigmas, 2e-6);
      }
    },
  );
});

describe.skipIf(!has('sigma_t.json'))('sigma_t.json', () => {
  interface SigmaTFile {
    readonly t_to_sigma: readonly { readonly t: number; readonly sigma: number }[];
    readonly sigma_to_t: readonly {
      readonly sigma: number;
      readonly t: number;
      readonly t_quantized: number;
    }[];
    readonly lcm: {
      readonly sigmas: readonly number[];
      readonly t_to_sigma: readonly { readonly t: number; readonly sigma: number }[];
      readonly sigma_to_t: readonly { readonly sigma: number; readonly t: number }[];
    };
  }
  const file = has('sigma_t.json') ? read<SigmaTFile>('sigma_t.json') : null;
  it('goes both ways', () => {
    const quantized = new DiscreteTable(alphas, true);
    for (const { t, sigma } of file!.t_to_sigma) expectRelative([table.tToSigma(t)], [sigma], 2e-6);
    for (const { sigma, t, t_quantized } of file!.sigma_to_t) {
      // The reference takes float32 logarithms: near an entry of the table t is known to 1e-4 only.
      expect(Math.abs(table.sigmaToT(sigma) - t)).toBeLessThan(1e-4);
      expect(quantized.sigmaToT(sigma)).toBe(t_quantized);
    }
  });
  it('does so for LCM', () => {
    expectRelative(lcmTable.sigmas, file!.lcm.sigmas, 2e-6);
    for (const { t, sigma } of file!.lcm.t_to_sigma) expectRelative([lcmTable.tToSigma(t)], [sigma], 2e-6);
    for (const { sigma, t } of file!.lcm.sigma_to_t) expect(lcmTable.sigmaToT(sigma)).toBe(t);
  });
});

describe.skipIf(!has('img2img_steps.json'))('img2img_steps.json', () => {
  type Sigmas = readonly number[] | string | { readonly error: string };
  interface Case {
    readonly fix_steps: boolean;
    readonly steps: number;
    readonly explicit_steps_argument: number | null;
    readonly strength: number;
    readonly schedule_steps: number;
    readonly t_enc: number;
    readonly karras_sigma_sched: Sigmas;
    readonly dpm2_sigma_sched: Sigmas;
    readonly euler_sigma_sched: Sigmas;
    readonly ddim_timesteps: Sigmas;
    readonly ddim_noising_timestep: number | string | { readonly error: string };
  }
  it.each(has('img2img_steps.json') ? read<{ cases: Case[] }>('img2img_steps.json').cases : [])(
    '$steps steps, strength $strength, fixed $fix_steps, explicit $explicit_steps_argument',
    (c) => {
      const explicit = c.explicit_steps_argument;
      const steps = img2imgSteps(explicit ?? c.steps, c.strength, c.fix_steps || explicit !== null);
      expect(steps).toEqual({ scheduleSteps: c.schedule_steps, encodeSteps: c.t_enc });
      const sigmaSchedules: [Sigmas, string, boolean][] = [
        [c.karras_sigma_sched, 'Karras', false],
        [c.dpm2_sigma_sched, 'Karras', true],
        [c.euler_sigma_sched, 'Automatic', false],
      ];
      for (const [expected, scheduler, discardNextToLastSigma] of sigmaSchedules) {
        if (!Array.isArray(expected)) continue;
        const sigmas = buildSigmas({ scheduler, discardNextToLastSigma, steps: steps.scheduleSteps, table });
        expectRelative(img2imgSigmas(sigmas, steps), expected as readonly number[], 2e-6);
      }
      if (Array.isArray(c.ddim_timesteps)) {
        const timesteps = ddimTimesteps(steps.scheduleSteps);
        expect(timesteps.slice(0, steps.encodeSteps)).toEqual(c.ddim_timesteps);
        expect(timesteps[steps.encodeSteps]).toBe(c.ddim_noising_timestep);
      } else if (typeof c.ddim_timesteps === 'object') {
        expect(() => ddimTimesteps(steps.scheduleSteps)).toThrow(RangeError);
      }
    },
  );
});

describe.skipIf(!has('ddim_timesteps.json'))('ddim_timesteps.json', () => {
  interface Case {
    readonly n: number;
    readonly always_discard_next_to_last_sigma: boolean;
    readonly timesteps: readonly number[] | { readonly error: string };
  }
  it.each(has('ddim_timesteps.json') ? read<{ cases: Case[] }>('ddim_timesteps.json').cases : [])(
    'n = $n, discard $always_discard_next_to_last_sigma',
    ({ n, always_discard_next_to_last_sigma: discard, timesteps }) => {
      if (Array.isArray(timesteps)) expect(ddimTimesteps(n, discard)).toEqual(timesteps);
      else expect(() => ddimTimesteps(n, discard)).toThrow(RangeError);
    },
  );
});
