// Parameters texts against A1111's own functions (tests/reference/infotext).
import { describe, expect, test } from 'vitest';
import { listReference, readReference, readReferenceJson } from '../../../../tests/reference-dir.ts';
import { findStyles } from '../../../prompt/find-styles.ts';
import { parseStylesCsv } from '../../../prompt/styles.ts';
import { findSampler, resolveSampler, SAMPLERS } from '../../../sampling/registry.ts';
import { createInfotext, type InfotextFields } from './create.ts';
import { hiresSamplerAndScheduler } from './hires-sampler.ts';
import { overrideSettings, overrideSettingsFromPairs } from './override-settings.ts';
import { parseInfotext, type ParseOptions } from './parse.ts';
import { quote, unquote, type InfotextScalar } from './quote.ts';

const files = new Set(listReference('infotext'));
const given = (file: string): typeof describe =>
  files.has(file) ? describe : (describe.skip as typeof describe);
const load = <T>(file: string): T => readReferenceJson<T>('infotext', file);
const title = (value: unknown): string => JSON.stringify(value).slice(0, 100);
/** Where the reference itself failed there is nothing to compare with, but we must not. */
interface Raised {
  readonly raises?: string;
}

given('quote.json')('quote.json', () => {
  const pairs = files.has('quote.json')
    ? load<Record<'quote' | 'unquote', { in: InfotextScalar; out: InfotextScalar }[]>>('quote.json')
    : { quote: [], unquote: [] };
  test.each(pairs.quote)('quote $in', (pair) => expect(quote(pair.in)).toBe(pair.out));
  test.each(pairs.unquote)('unquote $in', (pair) => expect(unquote(String(pair.in))).toBe(pair.out));
});

const A1111_DEFAULT = SAMPLERS[0]!.name;
/** A1111 1.10.1's own, the first of ours. */
const A1111_SAMPLERS = SAMPLERS.slice(0, 20).map(({ name }) => name);

/**
 * Equal to A1111's answer, but for names that A1111 does not know (it takes its default) and we do: what it calls samplers
 * elsewhere ("k_euler"), other cases of letters, samplers it lacks.
 */
function expectSampler(
  name: string | null | undefined,
  scheduler: string | null | undefined,
  convertAutomatic: boolean,
  expected: readonly [string, string],
): void {
  const resolved = resolveSampler(name, scheduler, convertAutomatic);
  if (resolved.known && resolved.sampler !== expected[0] && expected[0] === A1111_DEFAULT) {
    const prefixes = A1111_SAMPLERS.map((known) => `${known} `);
    expect(prefixes.some((prefix) => `${name ?? ''} `.startsWith(prefix))).toBe(false);
    return;
  }
  expect([resolved.sampler, resolved.scheduler]).toEqual(expected);
}

interface SamplerCase extends Raised {
  readonly sampler: string | null;
  readonly scheduler: string | null;
  readonly convert_automatic: boolean;
  readonly result: readonly [string, string];
}

given('sampler_names.json')('sampler_names.json', () => {
  const { cases } = files.has('sampler_names.json')
    ? load<{ cases: SamplerCase[] }>('sampler_names.json')
    : { cases: [] };
  test.each(cases)('$sampler / $scheduler / $convert_automatic', (c) => {
    if (!c.raises) expectSampler(c.sampler, c.scheduler, c.convert_automatic, c.result);
  });
});

interface ParseCase extends Raised {
  readonly text: string;
  readonly parsed: Record<string, unknown>;
  readonly sampler_and_scheduler: readonly [string, string];
  readonly hr_sampler_and_scheduler: readonly [string, string];
  readonly override_settings: readonly (readonly [string, string, InfotextScalar])[];
}

given('parse.json')('parse.json', () => {
  const { cases } = files.has('parse.json') ? load<{ cases: ParseCase[] }>('parse.json') : { cases: [] };
  test.each(cases.map((c) => [title(c.text), c] as const))('%s', (_, c) => {
    const parsed = parseInfotext(c.text);
    if (c.raises) return;
    expect({ ...parsed }).toEqual(c.parsed);
    const name = parsed['Sampler'] as string | undefined;
    expectSampler(name, parsed['Schedule type'] as string | undefined, true, c.sampler_and_scheduler);
    const hires = hiresSamplerAndScheduler(parsed);
    expect([hires.sampler, hires.scheduler]).toEqual(c.hr_sampler_and_scheduler);
    expect(overrideSettings(parsed).map((o) => [o.label, o.setting, o.value])).toEqual(c.override_settings);
  });
});

interface OptionsCase extends Raised {
  readonly text: string;
  readonly settings: {
    readonly infotext_styles?: NonNullable<ParseOptions['styles']>;
    readonly infotext_skip_pasting?: readonly string[];
    readonly use_old_hires_fix_width_height?: boolean;
    readonly auto_backcompat?: boolean;
  };
  readonly skip_fields: readonly string[] | null;
  readonly parsed: Record<string, unknown>;
}

given('parse_options.json')('parse_options.json', () => {
  const { csv, cases } = files.has('parse_options.json')
    ? load<{ csv: string; cases: OptionsCase[] }>('parse_options.json')
    : { csv: '', cases: [] };
  const database = parseStylesCsv(csv);
  const extractStyles: ParseOptions['extractStyles'] = (prompt, negativePrompt) => {
    const { found, rest } = findStyles(database, { prompt, negativePrompt });
    return { styles: found, ...rest };
  };
  test.each(cases.map((c) => [title([c.settings, c.skip_fields, c.text]), c] as const))('%s', (_, c) => {
    const { settings } = c;
    const parsed = parseInfotext(c.text, {
      extractStyles,
      styles: settings.infotext_styles ?? 'Apply if any',
      skipFields: c.skip_fields ?? settings.infotext_skip_pasting ?? [],
      oldHiresSize: settings.use_old_hires_fix_width_height ?? false,
      backwardCompatibility: settings.auto_backcompat ?? true,
    });
    if (!c.raises) expect({ ...parsed }).toEqual(c.parsed);
  });
});

given('parse_options.json')('parse_options.json: override settings', () => {
  const { override_settings: cases } = files.has('parse_options.json')
    ? load<{ override_settings: { pairs: string[]; result: Record<string, InfotextScalar | null> }[] }>(
        'parse_options.json',
      )
    : { override_settings: [] };
  test.each(cases)('$pairs', (c) => expect(overrideSettingsFromPairs(c.pairs)).toEqual(c.result));
});

/** The plain object that stood in for A1111's processing object, and the settings. */
interface CreateCase extends Raised {
  readonly settings: Readonly<Record<string, InfotextScalar>>;
  readonly processing: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Fields that a case does not give, as the file's notes tell them. Numbers with a point are texts: Python prints 7.0 so. */
const PROCESSING: Readonly<Record<string, unknown>> = {
  steps: 20,
  sampler_name: 'Euler a',
  scheduler: 'Automatic',
  cfg_scale: '7.0',
  width: 512,
  height: 512,
  all_prompts: ['a cat'],
  all_negative_prompts: [''],
  all_seeds: [1],
  all_subseeds: [2],
  main_prompt: 'main',
  main_negative_prompt: 'mainneg',
  sd_model_hash: '45dee52b77',
  sd_model_name: 'tiny model',
  batch_size: 1,
  iteration: 0,
  position_in_batch: 0,
};
const SETTINGS: CreateCase['settings'] = {
  add_model_hash_to_info: true,
  add_model_name_to_info: true,
  add_vae_hash_to_info: true,
  add_vae_name_to_info: true,
  add_version_to_infotext: true,
  add_user_name_to_info: false,
  CLIP_stop_at_last_layers: 1,
  eta_noise_seed_delta: 0,
  face_restoration_model: 'CodeFormer',
  randn_source: 'GPU',
  inpainting_mask_weight: '1.0',
  token_merging_ratio: 0,
};

/** What create_infotext reads off the processing object and the settings, in our terms. */
function fieldsOf(c: CreateCase): InfotextFields {
  const settings = { ...SETTINGS, ...c.settings };
  const p = { ...PROCESSING, ...c.processing };
  const text = (key: string): string | null => (p[key] as string | undefined) ?? null;
  const scalar = (key: string): InfotextScalar | null => (p[key] as InfotextScalar | undefined) ?? null;
  const count = (key: string): number => Number(p[key] ?? 0);
  const main = p['use_main_prompt'] === true;
  const index = main
    ? 0
    : ((p['index'] as number | undefined) ??
      count('position_in_batch') + count('iteration') * count('batch_size'));
  const at = <T>(key: string): T => (p[key] as T[])[index]!;
  const when = <T>(setting: string, value: T): T | null => (settings[setting] === true ? value : null);
  const sampler = text('sampler_name')!;
  const usesEnsd =
    Number(settings['eta_noise_seed_delta']) !== 0 &&
    Number(p['eta'] ?? 1) !== 0 &&
    findSampler(sampler)?.usesEnsd === true;
  const clipSkip = scalar('clip_skip') ?? settings['CLIP_stop_at_last_layers']!;
  const merging = scalar('token_merging_ratio') ?? settings['token_merging_ratio']!;
  const varied = count('subseed_strength') !== 0;
  const resized = count('seed_resize_from_w') > 0 && count('seed_resize_from_h') > 0;
  return {
    prompt: main ? text('main_prompt')! : at<string>('all_prompts'),
    negativePrompt: main ? text('main_negative_prompt')! : at<string>('all_negative_prompts'),
    steps: scalar('steps')!,
    sampler,
    scheduler: text('scheduler')!,
    cfgScale: scalar('cfg_scale')!,
    imageCfgScale: scalar('image_cfg_scale'),
    seed: at<number>('all_seeds'),
    faceRestoration: p['restore_faces'] ? String(settings['face_restoration_model']) : null,
    width: count('width'),
    height: count('height'),
    modelHash: when('add_model_hash_to_info', text('sd_model_hash')),
    modelName: when('add_model_name_to_info', text('sd_model_name')),
    vaeHash: when('add_vae_hash_to_info', text('sd_vae_hash')),
    vaeName: when('add_vae_name_to_info', text('sd_vae_name')),
    variationSeed: varied ? at<number>('all_subseeds') : null,
    variationSeedStrength: varied ? scalar('subseed_strength') : null,
    seedResizeFrom: resized
      ? { width: count('seed_resize_from_w'), height: count('seed_resize_from_h') }
      : null,
    conditionalMaskWeight: p['is_using_inpainting_conditioning']
      ? (scalar('inpainting_mask_weight') ?? settings['inpainting_mask_weight']!)
      : null,
    clipSkip: Number(clipSkip) > 1 ? clipSkip : null,
    ensd: usesEnsd ? settings['eta_noise_seed_delta']! : null,
    tokenMergingRatio: Number(merging) === 0 ? null : merging,
    initImageHash: text('init_img_hash'),
    rng: settings['randn_source'] === 'GPU' ? null : String(settings['randn_source']),
    tiling: p['tiling'] === true,
    // A list holds one value for each picture of the job.
    extra: Object.fromEntries(
      Object.entries(
        (p['extra_generation_params'] ?? {}) as Record<string, InfotextScalar | InfotextScalar[] | null>,
      ).map(([key, value]) => [key, Array.isArray(value) ? (value[index] ?? null) : value]),
    ),
    version: when('add_version_to_infotext', 'v1.10.1'),
    user: when('add_user_name_to_info', text('user')),
  };
}

/** JSON that keeps numbers with a point as they are spelled, as texts. */
function parseKeepingFloats<T>(json: string): T {
  const literals = /"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
  return JSON.parse(
    json.replace(literals, (literal) => (/^-?\d+[.eE]/.test(literal) ? `"${literal}"` : literal)),
  ) as T;
}

given('create.json')('create.json', () => {
  const { cases } = files.has('create.json')
    ? parseKeepingFloats<{ cases: CreateCase[] }>(
        new TextDecoder().decode(readReference('infotext', 'create.json')),
      )
    : { cases: [] };
  test.each(cases.map((c) => [title([c.settings, c.processing]), c] as const))('%s', (_, c) => {
    const text = createInfotext(fieldsOf(c));
    if (!c.raises) expect(text).toBe(c.text);
  });
});
