// Which settings a parameters text overrides: A1111's get_override_settings and create_override_settings_dict
// (modules/infotext_utils.py), with the settings of modules/shared_options.py that have a name in the text.
import { strip } from '../../../prompt/python-text.ts';
import { pythonText, type InfotextScalar } from './quote.ts';

/** [name in the text, name of the setting, its default], in A1111's order. The checkpoint has no default. */
const SETTINGS: readonly (readonly [label: string, setting: string, standard: InfotextScalar | null])[] = [
  ['Face restoration', 'face_restoration', false],
  ['Model hash', 'sd_model_checkpoint', null],
  ['Emphasis', 'emphasis', 'Original'],
  ['Clip skip', 'CLIP_stop_at_last_layers', 1],
  ['RNG', 'randn_source', 'GPU'],
  ['Tiling', 'tiling', false],
  ['Hires refiner', 'hires_fix_refiner_pass', 'second pass'],
  ['VAE', 'sd_vae', 'Automatic'],
  ['VAE Encoder', 'sd_vae_encode_method', 'Full'],
  ['VAE Decoder', 'sd_vae_decode_method', 'Full'],
  ['Conditional mask weight', 'inpainting_mask_weight', 1],
  ['Noise multiplier', 'initial_noise_multiplier', 1],
  ['Extra noise', 'img2img_extra_noise', 0],
  ['NGMS', 's_min_uncond', 0],
  ['NGMS all steps', 's_min_uncond_all', false],
  ['Token merging ratio', 'token_merging_ratio', 0],
  ['Token merging ratio hr', 'token_merging_ratio_hr', 0],
  ['Pad conds', 'pad_cond_uncond', false],
  ['Pad conds v0', 'pad_cond_uncond_v0', false],
  ['Old prompt editing timelines', 'use_old_scheduling', false],
  ['Downcast alphas_cumprod', 'use_downcasted_alpha_bar', false],
  ['Refiner switch by sampling steps', 'refiner_switch_by_sample_steps', false],
  ['Eta DDIM', 'eta_ddim', 0],
  ['Eta', 'eta_ancestral', 1],
  ['Sigma churn', 's_churn', 0],
  ['Sigma tmin', 's_tmin', 0],
  ['Sigma tmax', 's_tmax', 0],
  ['Sigma noise', 's_noise', 1],
  ['Schedule min sigma', 'sigma_min', 0],
  ['Schedule max sigma', 'sigma_max', 0],
  ['Schedule rho', 'rho', 0],
  ['ENSD', 'eta_noise_seed_delta', 0],
  ['Discard penultimate sigma', 'always_discard_next_to_last_sigma', false],
  ['SGM noise multiplier', 'sgm_noise_multiplier', false],
  ['UniPC variant', 'uni_pc_variant', 'bh1'],
  ['UniPC skip type', 'uni_pc_skip_type', 'time_uniform'],
  ['UniPC order', 'uni_pc_order', 3],
  ['UniPC lower order final', 'uni_pc_lower_order_final', true],
  ['Noise Schedule', 'sd_noise_schedule', 'Default'],
  ['Skip Early CFG', 'skip_early_cond', 0],
  ['Beta scheduler alpha', 'beta_dist_alpha', 0.6],
  ['Beta scheduler beta', 'beta_dist_beta', 0.6],
];

/** Settings whose default is a whole number and that take no other. */
const WHOLE: ReadonlySet<string> = new Set([
  'CLIP_stop_at_last_layers',
  'eta_noise_seed_delta',
  'uni_pc_order',
]);

export interface SettingOverride {
  /** Name in the text: "Clip skip". */
  readonly label: string;
  /** A1111's name of the setting: "CLIP_stop_at_last_layers". */
  readonly setting: string;
  readonly value: InfotextScalar;
}

/**
 * The settings that a parsed text asks for and that differ from A1111's defaults (or from `current`, by setting name). The
 * checkpoint is left out: "Model hash" names a file that may not be there. Values of the wrong kind are left out.
 */
export function overrideSettings(
  infotext: Readonly<Record<string, unknown>>,
  options: {
    readonly current?: Readonly<Record<string, InfotextScalar>>;
    readonly skipFields?: readonly string[];
  } = {},
): SettingOverride[] {
  const overrides: SettingOverride[] = [];
  for (const [label, setting, standard] of SETTINGS) {
    if (standard === null || options.skipFields?.includes(label)) continue;
    const given = infotext[label];
    if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'boolean') continue;
    const value = cast(given, setting, standard);
    if (value !== null && value !== (options.current?.[setting] ?? standard))
      overrides.push({ label, setting, value });
  }
  return overrides;
}

/** The same from "key: value" texts, with defaults too; null for the checkpoint. Pairs of unknown keys are left out. */
export function overrideSettingsFromPairs(pairs: readonly string[]): Record<string, InfotextScalar | null> {
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const colon = pair.indexOf(':');
    if (colon >= 0) values.set(pair.slice(0, colon), strip(pair.slice(colon + 1)));
  }
  const result: Record<string, InfotextScalar | null> = {};
  for (const [label, setting, standard] of SETTINGS) {
    const given = values.get(label);
    if (given === undefined) continue;
    if (standard === null) result[setting] = null;
    else {
      const value = cast(given, setting, standard);
      if (value !== null) result[setting] = value;
    }
  }
  return result;
}

/** As Python converts to the default's type; null where it could not. */
function cast(given: InfotextScalar, setting: string, standard: InfotextScalar): InfotextScalar | null {
  if (typeof standard === 'string') return pythonText(given);
  if (typeof standard === 'boolean') return given !== 'False' && Boolean(given);
  if (typeof given !== 'string') return Number(given);
  const text = strip(given);
  const pattern = WHOLE.has(setting) ? /^[+-]?\d+$/ : /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
  return pattern.test(text) ? Number(text) : null;
}
