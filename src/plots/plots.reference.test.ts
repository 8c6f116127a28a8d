// Plots against A1111's own scripts: which requests they make, in which order, and what the legend says
// (pictures/xyz.json, pictures/prompt_scripts.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import {
  DEFAULT_HIRES,
  DEFAULT_IMG2IMG,
  DEFAULT_PARAMETERS,
  DEFAULT_REFINER,
} from '../generation/request/request.ts';
import type { AxisValue } from './axis-values.ts';
import { AXIS_TYPES, findAxis, OTHER_AXES } from './axes.ts';
import type { Cell, PlotNames } from './cell.ts';
import { CommandLineError, parseCommandLine } from './command-line.ts';
import { AXES, DEFAULT_PLOTS, type XyzPlot } from './plot.ts';
import { PlotError } from './plot-error.ts';
import { matrixLegend, planPromptMatrix } from './prompt-matrix.ts';
import { planPromptsFromText } from './prompts-from-text.ts';
import { labelOf, planXyz, readAxis } from './xyz.ts';

type Fields = Readonly<Record<string, unknown>>;
type Tab = 'txt2img' | 'img2img';

interface AxisCase {
  readonly axis: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly labels?: readonly string[];
  readonly calls?: readonly Fields[];
  readonly raises?: string;
}

interface RunCase {
  readonly axes: Partial<Readonly<Record<'x' | 'y' | 'z', readonly [string, string]>>>;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly processing: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly calls: readonly Fields[] | string;
  readonly infotexts?: readonly (string | null)[];
  readonly raises?: string;
  readonly errors_while_generating?: readonly string[];
}

interface XyzData {
  readonly options: readonly {
    readonly tab: Tab;
    readonly label: string;
    readonly type: string;
    readonly cost: number;
    readonly format: string;
    readonly choices: readonly string[] | null;
  }[];
  readonly parse: readonly AxisCase[];
  readonly run: readonly RunCase[];
  readonly run_img2img: readonly {
    readonly x: readonly [string, string];
    readonly calls: readonly Fields[];
  }[];
}

interface ScriptData {
  readonly prompt_matrix: readonly {
    readonly prompt: string;
    readonly negative_prompt: string;
    readonly put_at_start: boolean;
    readonly different_seeds: boolean;
    readonly prompt_type: string;
    readonly delimiter: 'comma' | 'space';
    readonly prompts: string | readonly string[];
    readonly negative_prompts: string | readonly string[];
    readonly seeds: readonly number[];
    readonly grid_rows: number;
    readonly raises?: string;
  }[];
  readonly cmdargs: readonly { readonly line: string; readonly options?: Fields; readonly raises?: string }[];
  readonly prompts_from_file: readonly {
    readonly text: string;
    readonly iterate_seed: boolean;
    readonly same_random_seed: boolean;
    readonly position: 'start' | 'end';
    readonly processing: Fields;
    readonly calls: readonly Fields[];
    readonly errors: readonly string[];
  }[];
}

const present = (file: string): boolean => listReference('pictures').includes(file);
const xyz = present('xyz.json') ? readReferenceJson<XyzData>('pictures', 'xyz.json') : null;
const scripts = present('prompt_scripts.json')
  ? readReferenceJson<ScriptData>('pictures', 'prompt_scripts.json')
  : null;

const choicesOf = (label: string): readonly string[] =>
  xyz?.options.find((option) => option.label === label)?.choices ?? [];

/** The generator's library: names are found as A1111 finds them, by a part in any case. */
const NAMES: PlotNames = {
  checkpoint: (text) => {
    const title = choicesOf('Checkpoint name').find((one) => one.toLowerCase().includes(text.toLowerCase()));
    return title === undefined ? null : { sha256: '', name: title };
  },
  vae: (text) => choicesOf('VAE').find((name) => name === text) ?? null,
  upscaler: (text) => choicesOf('Hires upscaler').find((name) => name === text) ?? null,
  hasStyle: (name) => choicesOf('Styles').includes(name) || name === 'Anime' || name === 'soft',
};

/** What the generator set out from. */
const BASE: Cell = {
  request: {
    ...DEFAULT_PARAMETERS,
    prompt: 'a red cat, sitting',
    negativePrompt: 'blurry cat',
    seed: 1000,
    sampler: 'Euler',
    width: 24,
    height: 16,
    hires: { ...DEFAULT_HIRES, steps: 0 },
  },
  styles: ['Film'],
  checkpoint: null,
};

const source = { file: new Blob(), sha256: '', size: null };
const IMG2IMG: Cell = {
  ...BASE,
  request: { ...BASE.request, hires: null, img2img: { ...DEFAULT_IMG2IMG, source } },
};

/** Where A1111's fields stand here. */
const FIELDS: Readonly<Record<string, (cell: Cell) => unknown>> = {
  seed: ({ request }) => request.seed,
  subseed: ({ request }) => request.subseed,
  subseed_strength: ({ request }) => request.subseedStrength,
  seed_resize_from_h: ({ request }) => request.seedResizeFromHeight,
  seed_resize_from_w: ({ request }) => request.seedResizeFromWidth,
  prompt: ({ request }) => request.prompt,
  negative_prompt: ({ request }) => request.negativePrompt,
  steps: ({ request }) => request.steps,
  cfg_scale: ({ request }) => request.cfgScale,
  sampler_name: ({ request }) => request.sampler.toLowerCase(),
  scheduler: ({ request }) => request.scheduler,
  width: ({ request }) => request.width,
  height: ({ request }) => request.height,
  batch_size: ({ request }) => request.batchSize,
  n_iter: ({ request }) => request.batchCount,
  styles: ({ styles }) => styles,
  denoising_strength: ({ request }) => (request.img2img ?? request.hires)?.denoisingStrength,
  image_cfg_scale: ({ request }) => request.img2img?.imageCfgScale,
  hr_second_pass_steps: ({ request }) => request.hires?.steps,
  hr_sampler_name: ({ request }) => request.hires?.sampler?.toLowerCase(),
  hr_upscaler: ({ request }) => request.hires?.upscaler,
  refiner_checkpoint: ({ request }) => request.refiner?.checkpoint.name ?? 'none',
  refiner_switch_at: ({ request }) => request.refiner?.switchAt ?? DEFAULT_REFINER.switchAt,
  eta: ({ request }) => request.settings.etaAncestral,
  s_churn: ({ request }) => request.settings.sChurn,
  s_tmin: ({ request }) => request.settings.sTmin,
  s_tmax: ({ request }) => request.settings.sTmax,
  s_noise: ({ request }) => request.settings.sNoise,
  s_min_uncond: ({ request }) => request.settings.sMinUncond,
  initial_noise_multiplier: ({ request }) => request.settings.initialNoiseMultiplier,
  inpainting_mask_weight: ({ request }) => request.settings.inpaintingMaskWeight,
  restore_faces: ({ request }) => request.settings.faceRestoration,
  face_restoration_model: ({ request }) => request.settings.faceRestorationModel,
  // Overridden settings.
  sd_model_checkpoint: ({ checkpoint }) => checkpoint?.name,
  sd_vae: ({ request }) => request.settings.sdVae,
  uni_pc_order: ({ request }) => request.settings.uniPcOrder,
  sgm_noise_multiplier: ({ request }) => request.settings.sgmNoiseMultiplier,
  always_discard_next_to_last_sigma: ({ request }) => request.settings.alwaysDiscardNextToLastSigma,
  CLIP_stop_at_last_layers: ({ request }) => request.clipSkip,
  randn_source: ({ request }) => request.rng,
  rho: ({ request }) => request.settings.rho,
  sigma_min: ({ request }) => request.settings.sigmaMin,
  sigma_max: ({ request }) => request.settings.sigmaMax,
  beta_dist_alpha: ({ request }) => request.settings.betaAlpha,
  beta_dist_beta: ({ request }) => request.settings.betaBeta,
  img2img_extra_noise: ({ request }) => request.settings.img2imgExtraNoise,
  token_merging_ratio: ({ request }) => request.settings.tokenMergingRatio,
  token_merging_ratio_hr: ({ request }) => request.settings.tokenMergingRatioHr,
};
/** Of saving, which settings decide here. */
const NOT_OF_REQUESTS = ['do_not_save_grid', 'do_not_save_samples'];

const theirs = (key: string, value: unknown): unknown => {
  if (key === 'refiner_checkpoint') return NAMES.checkpoint(String(value))?.name ?? 'none';
  return key.endsWith('sampler_name') ? String(value).toLowerCase() : value;
};

/** A call names what differs from the base; all else is to be the base's. */
function expectCall(cell: Cell, { override_settings: overrides = {}, ...call }: Fields, base: Cell): void {
  const told: Fields = { ...call, ...(overrides as Fields) };
  for (const [key, value] of Object.entries(told)) {
    if (NOT_OF_REQUESTS.includes(key)) continue;
    expect(FIELDS[key], `a field called ${key}`).toBeDefined();
    expect(FIELDS[key]!(cell), key).toEqual(theirs(key, value));
  }
  for (const [key, read] of Object.entries(FIELDS))
    if (!(key in told)) expect(read(cell), key).toEqual(read(base));
}

const plotOf = (axes: RunCase['axes'], flags: RunCase['flags'] = {}): XyzPlot => ({
  ...DEFAULT_PLOTS['X/Y/Z plot'],
  ...Object.fromEntries(AXES.map((axis) => [axis, choiceOf(axes[axis])])),
  varySeeds: { x: flags['vx'] === true, y: flags['vy'] === true, z: flags['vz'] === true },
  subGrids: flags['sub'] === true,
  keepRandomSeeds: flags['no_fixed'] !== false,
  margin: Number(flags['margin'] ?? 0),
});
const choiceOf = (axis: readonly [string, string] | undefined) => ({
  type: axis?.[0] ?? 'Nothing',
  values: axis?.[1] ?? '',
});

describe.skipIf(!xyz)('axis types', () => {
  const options = (xyz?.options ?? []).filter(({ label }) => !(label in OTHER_AXES));

  it.each(options)('$tab: $label', ({ tab, label, type, cost, format }) => {
    const axis = findAxis(label)!;
    expect(axis, label).toBeDefined();
    expect({ type: axis.type, cost: axis.cost }).toEqual({ type, cost });
    expect([null, tab]).toContain(axis.tab);
    const legends: Readonly<Record<string, string>> = {
      format_nothing: 'nothing',
      format_value: 'value',
      format_value_join_list: 'value',
      format_value_add_label: 'label',
      format_remove_path: 'file',
    };
    expect(axis.legend === legends[format] || (label === 'Hires sampler' && axis.legend === 'label')).toBe(
      true,
    );
  });

  it.each(['txt2img', 'img2img'] as const)('%s has them all, in that order', (tab) => {
    const here = AXIS_TYPES.filter((axis) => axis.tab === null || axis.tab === tab);
    expect(here.map(({ label }) => label)).toEqual(
      options.filter((option) => option.tab === tab).map(({ label }) => label),
    );
  });
});

const python = (value: AxisValue): unknown =>
  typeof value === 'number' && !Number.isFinite(value)
    ? String(value).replace('NaN', 'nan').replace('Infinity', 'inf')
    : value;

describe.skipIf(!xyz)('values of an axis', () => {
  const cases = (xyz?.parse ?? []).filter(({ axis }) => !(axis in OTHER_AXES));

  it.each(cases)('$axis "$text"', ({ axis: label, text, values, labels, calls, raises }) => {
    const tab: Tab = findAxis(label)!.tab ?? 'txt2img';
    const base = tab === 'txt2img' ? BASE : IMG2IMG;
    const plan = () => planXyz(plotOf({ x: [label, text] }), base, NAMES);
    if (values !== undefined) {
      const { type, values: read } = readAxis({ type: label, values: text }, tab);
      expect(read.map(python)).toEqual(values);
      expect(read.map((value) => labelOf(type, value))).toEqual(labels);
    }
    // Where A1111 finds no value it makes no picture, without a word.
    if (raises !== undefined || values?.length === 0) return expect(plan).toThrow(PlotError);
    if (calls === undefined) return;
    if (isSilent(label, text, calls)) return expect(plan).toThrow(PlotError);
    const { cells } = plan();
    expect(cells).toHaveLength(calls.length);
    cells.forEach((cell, i) => expectCall(cell, calls[i]!, base));
  });
});

/** Cases that A1111 makes another picture of than was asked for, where here is a word. */
function isSilent(label: string, text: string, calls: readonly Fields[]): boolean {
  const words = text.split(',').map((word) => word.trim());
  const overrides = calls.map((call) => (call['override_settings'] ?? {}) as Fields);
  switch (label) {
    case 'VAE':
      return words.some((word, i) => overrides[i]?.['sd_vae'] === 'Automatic' && !/^auto/i.test(word));
    case 'Size':
      return calls.some((call, i) => call['width'] === undefined && !/^\d+x\d+$/.test(words[i] ?? ''));
    case 'Schedule type':
      return calls.some((call) => !choicesOf(label).includes(String(call['scheduler'])));
    case 'Prompt order':
      return words.some((word) =>
        calls.some((call) => String(call['prompt'] ?? '').includes(`sittin${word}`)),
      );
    default:
      return false;
  }
}

describe.skipIf(!xyz)('whole plots', () => {
  it.each(xyz?.run ?? [])('$axes $flags $processing', (one) => {
    const { axes, flags, processing, calls, raises, infotexts } = one;
    const asked = {
      ...BASE.request,
      ...('batch_size' in processing && { batchSize: Number(processing['batch_size']) }),
      ...('n_iter' in processing && { batchCount: Number(processing['n_iter']) }),
    };
    const plan = () => planXyz(plotOf(axes, flags), { ...BASE, request: asked }, NAMES);
    if (raises !== undefined) return expect(plan).toThrow(PlotError);
    const { cells, grid } = plan();
    if (typeof calls === 'string') {
      const seeds = new Set(cells.map((cell) => cell.request.seed));
      expect(seeds.has(-1)).toBe(false);
      expect(calls).toContain(`${seeds.size} distinct`);
      return;
    }
    // A picture that failed in A1111 has no call.
    if (one.errors_while_generating) return expect(cells.length).toBeGreaterThan(calls.length);
    expect(cells).toHaveLength(calls.length);
    // Of axes that cost the same, A1111 changes the third one least often, so that it loads models more often.
    const costs = AXES.map((axis) => findAxis(axes[axis]?.[0] ?? 'Nothing')!.cost).sort((a, b) => b - a);
    const sameOrder = costs[0] === 0 || costs[0] !== costs[1];
    if (sameOrder)
      cells.forEach((cell, i) => expectCall(cell, { batch_size: 1, n_iter: 1, ...calls[i]! }, BASE));
    expect(grid!.places.toSorted((a, b) => a - b)).toEqual(cells.map((_, i) => i));
    // Its texts are in the order of the places, by the order of making.
    const made = infotexts!
      .filter((text) => text?.startsWith('infotext'))
      .map((text) => Number(text!.slice(8)));
    if (sameOrder) expect(grid!.places.map((_, i) => grid!.places.indexOf(i))).toEqual(made);
    const told = infotexts![0]!;
    for (const [key, value] of Object.entries(grid!.fields)) expect(told).toContain(`'${key}': '${value}'`);
    expect(told.match(/': /g)).toHaveLength(Object.keys(grid!.fields).length);
  });

  it.each(xyz?.run_img2img ?? [])('img2img: $x', ({ x, calls }) => {
    const { cells } = planXyz(plotOf({ x }), IMG2IMG, NAMES);
    cells.forEach((cell, i) => {
      for (const [key, value] of Object.entries(calls[i]!)) expect(FIELDS[key]!(cell), key).toEqual(value);
    });
  });
});

describe.skipIf(!scripts)('prompt matrix', () => {
  it.each((scripts?.prompt_matrix ?? []).filter(({ raises }) => raises === undefined))(
    '"$prompt" "$negative_prompt"',
    (one) => {
      const request = { ...BASE.request, prompt: one.prompt, negativePrompt: one.negative_prompt };
      const plot = {
        ...DEFAULT_PLOTS['Prompt matrix'],
        putAtStart: one.put_at_start,
        differentSeeds: one.different_seeds,
        promptType: one.prompt_type as 'positive' | 'negative',
        delimiter: one.delimiter,
      };
      const { cells, grid } = planPromptMatrix(plot, { ...BASE, request });
      const all = (prompts: string | readonly string[]) =>
        typeof prompts === 'string' ? cells.map(() => prompts) : prompts;
      expect(cells.map((cell) => cell.request.prompt)).toEqual(all(one.prompts));
      expect(cells.map((cell) => cell.request.negativePrompt)).toEqual(all(one.negative_prompts));
      expect(cells.map((cell) => cell.request.seed)).toEqual(one.seeds);
      expect(grid).toMatchObject({ rows: one.grid_rows, columns: cells.length / one.grid_rows });
    },
  );

  interface LegendData {
    readonly prompt_matrix_legend: readonly {
      readonly parts: readonly string[];
      readonly hor: readonly (readonly (readonly [string, boolean])[])[];
      readonly ver: readonly (readonly (readonly [string, boolean])[])[];
    }[];
  }
  const legends = present('grid.json')
    ? readReferenceJson<LegendData>('pictures', 'grid.json').prompt_matrix_legend
    : [];

  it.each(legends)('legend of $parts', ({ parts, hor, ver }) => {
    const { columnTexts, rowTexts } = matrixLegend(parts.slice(1));
    const pairs = (blocks: typeof columnTexts) =>
      blocks.map((block) => block.map(({ text, active }) => [text, active]));
    expect(pairs(columnTexts)).toEqual(hor);
    expect(pairs(rowTexts)).toEqual(ver);
  });
});

describe.skipIf(!scripts)('prompts from text', () => {
  it.each(scripts?.cmdargs ?? [])('$line', ({ line, options, raises }) => {
    if (raises !== undefined && !/Unknown checkpoint/.test(raises))
      return expect(() => parseCommandLine(line)).toThrow(CommandLineError);
    const read = Object.fromEntries(parseCommandLine(line));
    if (options === undefined) return expect(NAMES.checkpoint(String(read['sd_model']))).toBeNull();
    const expected = { ...options };
    // A1111 looks names up at once: here that is the plan's.
    for (const name of ['sd_model', 'sampler_name']) if (name in expected) expected[name] = expect.anything();
    expect(read).toEqual(expected);
  });

  it.each(scripts?.prompts_from_file ?? [])('$text', (one) => {
    const { processing } = one;
    const request = {
      ...BASE.request,
      ...('prompt' in processing && { prompt: String(processing['prompt']) }),
      ...('negative_prompt' in processing && { negativePrompt: String(processing['negative_prompt']) }),
      ...('batch_size' in processing && { batchSize: Number(processing['batch_size']) }),
      ...('n_iter' in processing && { batchCount: Number(processing['n_iter']) }),
    };
    const plot = {
      ...DEFAULT_PLOTS['Prompts from file or textbox'],
      iterateSeeds: one.iterate_seed,
      sameRandomSeed: one.same_random_seed,
      position: one.position,
      text: one.text,
    };
    const plan = () => planPromptsFromText(plot, { ...BASE, request }, NAMES);
    if (one.calls.length === 0) return expect(plan).toThrow(PlotError);
    const { cells, remarks } = plan();
    expect(cells).toHaveLength(one.calls.length);
    cells.forEach((cell, i) => expectCall(cell, one.calls[i]!, { ...BASE, request }));
    expect(remarks).toHaveLength(one.errors.length);
  });
});
