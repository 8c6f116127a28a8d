// A1111's options: all of its keys with its defaults (webui-options.json, of its settings page in 1.10.1), and what those mean here that
// mean something.
import type { GenerationParameters } from '../generation/request/request.ts';
import type { ImageSettings } from '../generation/request/image-settings.ts';
import { choiceProblems, numberProblems, upscalerProblems } from '../generation/request/problems.ts';
import { IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import type { SettingInfo } from '../generation/request/settings/setting-info.ts';
import { WEBUI_KEYS } from '../generation/request/settings/webui-keys.ts';
import { parseColor } from '../image/flatten.ts';
import type { Json, JsonObject } from '../other-programs/json.ts';
import { badValues, failure } from './api-error.ts';
import { checkpointsAmong, checkpointTitle, findCheckpoint, type ListedModel } from './catalogue.ts';
import { readFields, type Field } from './fields.ts';
import STANDARD from '../generation/request/settings/webui-options.json';

/** By A1111's keys, complete. */
export type Options = Readonly<Record<string, Json>>;

/** Pictures by an address are never fetched. */
export const STANDARD_OPTIONS: Options = { ...STANDARD, api_enable_requests: false };

export const CHECKPOINT = 'sd_model_checkpoint';

/** What programs may not set; asked for, it stays as it is (its restrict_api). */
const CLOSED = ['api_enable_requests', 'api_forbid_local_requests', 'api_useragent'];
/** Sentences on the settings page, which have keys like settings. */
const SENTENCES = [
  'sd_vae_explanation',
  'infotext_explanation',
  'profiling_explanation',
  'hypertile_explanation',
  'settings_in_ui',
];

/**
 * The options with others set. Null brings the default back.
 *
 * @throws ApiError for a key that there is not, a value of another kind, a checkpoint that is not in the library.
 */
export function withOptions(options: Options, asked: JsonObject, models: readonly ListedModel[]): Options {
  const result: Record<string, Json> = { ...options };
  for (const [key, value] of Object.entries(asked)) {
    if (SENTENCES.includes(key) || CLOSED.includes(key)) continue;
    if (!Object.hasOwn(STANDARD_OPTIONS, key)) throw failure('KeyError', `'${key}'`);
    result[key] = key === CHECKPOINT ? checkpointOption(value, models) : optionValue(key, value);
  }
  return result;
}

/** The title of the one that is meant. */
function checkpointOption(value: Json, models: readonly ListedModel[]): string | null {
  if (value === null) return null;
  const found = typeof value === 'string' ? findCheckpoint(models, value) : null;
  if (!found) throw failure('RuntimeError', `model '${String(value)}' not found`);
  return checkpointTitle(found);
}

function optionValue(key: string, value: Json): Json {
  const standard = STANDARD_OPTIONS[key]!;
  const read = readFields({ [key]: fieldLike(standard) }, { [key]: value })[key] as Json;
  const info = IMAGE_SETTINGS.find((one) => WEBUI_KEYS[one.key] === key);
  // A1111's own defaults are taken even where they mean nothing here.
  const problems = info && read !== standard ? settingProblems(info, read) : [];
  if (problems.length > 0) throw badValues(problems);
  return read;
}

function fieldLike(standard: Json): Field {
  if (typeof standard === 'boolean') return { kind: 'bool', standard };
  if (typeof standard === 'number') return { kind: 'float', standard };
  if (typeof standard === 'string' || standard === null) return { kind: 'text', standard };
  return { kind: 'texts', standard: standard as readonly string[] };
}

function settingProblems(info: SettingInfo, value: Json): string[] {
  switch (info.kind) {
    case 'number':
      return numberProblems(
        info.label,
        value,
        { min: info.min, max: info.limit },
        Number.isInteger(info.step),
      );
    case 'switch':
      return choiceProblems(info.label, value, [true, false]);
    case 'choice':
      return choiceProblems(info.label, value, info.choices);
    case 'color':
      return typeof value === 'string' && parseColor(value)
        ? []
        : [`${info.label} must be a colour as #rrggbb.`];
    case 'vae':
    case 'upscaler':
      return upscalerProblems(info.label, value);
  }
}

/** The settings that decide a picture, as the options have them. */
export function imageSettingsOf(options: Options): ImageSettings {
  const entries = IMAGE_SETTINGS.map((info) => {
    const key = WEBUI_KEYS[info.key];
    const value = key === null ? info.standard : options[key]!;
    return [info.key, settingProblems(info, value).length === 0 ? value : info.standard];
  });
  return Object.fromEntries(entries) as ImageSettings;
}

/** The others that do. */
export function fixedBy(options: Options): Pick<GenerationParameters, 'clipSkip' | 'rng' | 'ensd'> {
  const rng = options['randn_source'];
  return {
    clipSkip: Number(options['CLIP_stop_at_last_layers']),
    rng: rng === 'CPU' || rng === 'NV' ? rng : 'GPU',
    ensd: Number(options['eta_noise_seed_delta']),
  };
}

/** The checkpoint that paints. @throws ApiError where there is none. */
export function currentCheckpoint(options: Options, models: readonly ListedModel[]): ListedModel {
  const chosen = options[CHECKPOINT];
  const found = typeof chosen === 'string' ? findCheckpoint(models, chosen) : checkpointsAmong(models)[0];
  if (!found) throw failure('FileNotFoundError', 'No checkpoints found. Start the server with --model FILE.');
  return found;
}
