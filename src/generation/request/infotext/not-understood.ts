// What a parameters text asks for and does not get: every field that is neither read nor known to change no picture, and every
// value of a read field that means nothing here. Extensions write what they like, so nothing is harmless but what is listed.
import { resolveSampler } from '../../../sampling/registry.ts';
import { findScheduler } from '../../../sampling/schedulers.ts';
import { readsControlField } from '../control-text.ts';
import { readsDetailerField } from '../detailer-text.ts';
import { readsExtensionField } from '../extensions-text.ts';
import { IMAGE_SETTINGS } from '../settings/list.ts';
import { HIRES_FIELDS } from '../hires-text.ts';
import { IMG2IMG_FIELDS } from '../img2img-text.ts';
import { EMBEDDINGS_KEY, hashesFromText, LORAS_KEY } from '../named-hashes.ts';
import { POSITIONS_KEY } from '../positions-text.ts';
import { REFINER_FIELDS } from '../refiner-text.ts';
import { SCRIPT_FIELDS } from '../script-text.ts';
import { parseSeed } from '../seeds.ts';
import { numberFromText, readSetting, SETTING_ALIASES } from '../settings-text.ts';

export interface TextField {
  readonly name: string;
  readonly value: string;
}

const isNumber = (value: string): boolean => numberFromText(value) !== null;
const isSize = (value: string): boolean => /^\d+x\d+$/.test(value);
const isSeed = (value: string): boolean => parseSeed(value) !== null;
const isOff = (value: string): boolean => ['False', 'None', '0', '0.0'].includes(value);
const anything = (): boolean => true;

/** Fields that are read, and which of their values are. */
const READ: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ...['Steps', 'CFG scale', 'Batch size', 'Clip skip', 'ENSD', 'Variation seed strength'].map(
    (name) => [name, isNumber] as const,
  ),
  ...['Seed', 'Variation seed'].map((name) => [name, isSeed] as const),
  ...['Size', 'Seed resize from'].map((name) => [name, isSize] as const),
  ['Sampler', (value) => resolveSampler(value).known],
  ['Schedule type', (value) => findScheduler(value) !== undefined],
  [POSITIONS_KEY, (value) => value === 'True'],
  ...[LORAS_KEY, EMBEDDINGS_KEY].map(
    (name) => [name, (value: string) => hashesFromText(value).length > 0] as const,
  ),
  ...REFINER_FIELDS,
  ['RNG', (value) => ['GPU', 'CPU', 'NV'].includes(value)],
  ...IMAGE_SETTINGS.flatMap((info) =>
    [info.infotext, SETTING_ALIASES[info.key]].flatMap((name) =>
      name == null ? [] : [[name, (value: string) => readSetting(info, value) !== null] as const],
    ),
  ),
]);

const IMG2IMG = new Map([...IMG2IMG_FIELDS, ...SCRIPT_FIELDS]);
const HIRES = new Map(HIRES_FIELDS);

/** Fields that change no picture, at least with these values. */
const HARMLESS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  // Which model it was is told elsewhere, and so are LoRAs and embeddings that have fields of their own.
  ...['Model', 'Model hash', 'VAE hash', 'Hashes', 'Cache FP16 weight for LoRA'].map(
    (name) => [name, anything] as const,
  ),
  // Who, when, where, with what.
  ...['Version', 'App', 'User', 'Software', 'Created Date', 'Date', 'Time', 'Time taken', 'Batch pos'].map(
    (name) => [name, anything] as const,
  ),
  ...['Civitai resources', 'Civitai metadata', 'Pipeline'].map((name) => [name, anything] as const),
  // Dynamic Prompts: the prompt stands there with everything drawn.
  ...['Template', 'Negative Template', 'Wildcard prompt', 'Wildcard negative prompt'].map(
    (name) => [name, anything] as const,
  ),
  // At these values they say what is done here anyway.
  ['Operations', (value) => value === 'txt2img'],
  ['FP8 weight', (value) => value === 'Disable'],
  ...['Face restoration'].map((name) => [name, isOff] as const),
]);

/**
 * Names, or names and values where only the value means nothing; each once, in the order of the text. `made`: how; the fields of
 * that are read as well.
 */
export function notUnderstood(
  fields: readonly TextField[],
  made: { readonly img2img?: boolean; readonly hires?: boolean } = {},
): string[] {
  const more = [...(made.img2img ? [IMG2IMG] : []), ...(made.hires ? [HIRES] : [])];
  const told = fields.flatMap(({ name, value }) => {
    // A1111 passes over fields without a value.
    if (value === '' || HARMLESS.get(name)?.(value)) return [];
    const reads = [readsDetailerField, readsControlField, readsExtensionField];
    if (reads.some((readsField) => readsField(name, value))) return [];
    const read = READ.get(name) ?? more.find((known) => known.has(name))?.get(name);
    if (!read) return [name];
    return read(value) ? [] : [`${name} ${value.slice(0, 100)}`];
  });
  return [...new Set(told)];
}
