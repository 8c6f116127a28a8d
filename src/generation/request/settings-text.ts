// The settings that decide a picture, as they stand in its parameters text: written in A1111's order and only where they do
// something, read back complete. Where A1111 tells nothing of a setting, a key of our own does.
import type { Family, VectorPart } from '../../families/family.ts';
import { parseColor } from '../../image/flatten.ts';
import type { FileBuffers } from '../../models/buffers.ts';
import { findSampler } from '../../sampling/registry.ts';
import { ensdMatters, samplingInfotext } from '../../sampling/infotext.ts';
import { alphasCumprodOf, isZeroTerminalSnr } from './alphas.ts';
import type { ImageSettings } from './image-settings.ts';
import { DEFAULT_IMAGE_SETTINGS, IMAGE_SETTINGS } from './settings/list.ts';
import { MAX_FILE_NAME } from './settings/setting-info.ts';
import type { ImageSettingKey } from './image-settings.ts';
import type { SettingInfo } from './settings/setting-info.ts';
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import { promptTexts, schedulesOf } from './prompt-texts.ts';
import type { GenerationParameters } from './request.ts';
import { askedUpscalers } from './upscalers.ts';

type Entries = Readonly<Record<string, InfotextScalar>>;

/** The setting by which prompt and negative prompt came to one length in a run; null where they had it, or kept their own. */
export type Padding = 'padConds' | 'padCondsV0' | null;

/** Settings that A1111 tells nothing of: written wherever they are not at their default. */
const OWN_KEYS: readonly ImageSettingKey[] = [
  'upcastAttention',
  'commaBacktrack',
  'curlyBraces',
  'oldEmphasis',
  'useOldKarrasSigmas',
];

/** The same, of those that only img2img heeds. */
const IMG2IMG_KEYS: readonly ImageSettingKey[] = [
  'upscalerForImg2img',
  'img2imgColorCorrection',
  'overlayInpaint',
  'img2imgFixSteps',
  'img2imgBackgroundColor',
];

/** The same, of those that upscalers in files heed. */
const UPSCALER_KEYS: readonly ImageSettingKey[] = [
  'esrganTile',
  'esrganTileOverlap',
  'datTile',
  'datTileOverlap',
  'swinTile',
  'swinTileOverlap',
];

/** The same, of those that restoring faces heeds. */
const FACE_KEYS: readonly ImageSettingKey[] = ['codeFormerWeight'];

/** The same, of those that only some families heed. */
const FAMILY_KEYS: readonly (readonly [key: ImageSettingKey, heeds: (family: Family) => boolean])[] = [
  ['sdxlClipLSkip', ({ text }) => text.encoders.some(({ state }) => state === 'clip-skip-if-set')],
  ['sdxlCropTop', hasPart('crop top')],
  ['sdxlCropLeft', hasPart('crop left')],
  ['sdxlLowAestheticScore', hasPart('aesthetic score')],
  ['sdxlHighAestheticScore', hasPart('aesthetic score')],
];

function hasPart(part: VectorPart): (family: Family) => boolean {
  return ({ unet }) => unet.vector?.includes(part) ?? false;
}

/** The same, of those that ControlNet units heed. */
const CONTROL_KEYS: readonly ImageSettingKey[] = ['controlHeads8'];

/** What brackets, escapes and BREAK change depends on the emphasis mode. */
const EMPHASIS = /[()[\]\\]|\bBREAK\b/;
const EMPHASIS_WITH_BRACES = /[()[\]{}\\]|\bBREAK\b/;

/** Other keys under which a setting is found: A1111 writes "schedule" where its own option is named "scheduler". */
export const SETTING_ALIASES: Readonly<Partial<Record<ImageSettingKey, string>>> = {
  betaAlpha: 'Beta schedule alpha',
  betaBeta: 'Beta schedule beta',
};

const INFOS = new Map(IMAGE_SETTINGS.map((info) => [info.key, info] as const));

/**
 * Entries of the settings, in the order in which A1111 adds them. `padded`: how the prompts came to one length in the run;
 * left out, the settings themselves are written. `buffers`: of the model's file. `family`: the
 * model's; left out, the settings of every family are written. @throws RangeError for a sampler that is not known.
 */
export function settingsToText(
  parameters: GenerationParameters,
  padded?: Padding,
  buffers?: FileBuffers,
  family?: Family,
): Entries {
  const { settings, sampler, scheduler, img2img, hires, refiner, detailer } = parameters;
  const isImg2img = img2img !== null;
  /** Pictures are encoded and painted over, if only in part. */
  const paintsOver = isImg2img || detailer !== null;
  const entries: Record<string, InfotextScalar> = {};
  const add = (key: ImageSettingKey, value: InfotextScalar): void => {
    const name = INFOS.get(key)?.infotext;
    if (name != null) entries[name] = value;
  };

  if (settings.oldScheduling && timelinesDiffer(parameters)) add('oldScheduling', true);
  if (settings.emphasis !== 'Original' && usesEmphasis(parameters)) add('emphasis', settings.emphasis);
  if (settings.downcastAlphas) add('downcastAlphas', true);
  // Where a model's file asks for zero terminal SNR by itself, the text tells A1111 to.
  const { noiseSchedule } = settings;
  if (isZeroTerminalSnr(noiseSchedule, buffers)) add('noiseSchedule', 'Zero Terminal SNR');
  else if (noiseSchedule === 'Ordinary' && buffers?.zeroTerminalSnr !== undefined)
    add('noiseSchedule', noiseSchedule);
  const alphasCumprod = alphasCumprodOf(settings, buffers);
  if (paintsOver && settings.initialNoiseMultiplier !== 1)
    add('initialNoiseMultiplier', settings.initialNoiseMultiplier);
  const extraNoise = settings.img2imgExtraNoise;
  const sampling = { sampler, scheduler, options: settings, alphasCumprod, isImg2img, extraNoise };
  Object.assign(entries, samplingInfotext(sampling));
  for (const later of [...(hires ? [hires] : []), ...(detailer?.tabs ?? [])]) {
    const second = samplingInfotext({
      ...sampling,
      ...{ sampler: later.sampler ?? sampler, scheduler: later.scheduler ?? scheduler, isImg2img: true },
    });
    // Their schedule types have fields of their own.
    const schedule = entries['Schedule type'];
    Object.assign(entries, second);
    if (schedule === undefined) delete entries['Schedule type'];
    else entries['Schedule type'] = schedule;
  }
  if (refiner && settings.refinerSwitchBySteps) add('refinerSwitchBySteps', true);
  if (refiner && hires && settings.hiresFixRefinerPass !== 'second pass')
    add('hiresFixRefinerPass', settings.hiresFixRefinerPass);
  for (const key of ['padConds', 'padCondsV0'] as const) {
    if (padded === undefined ? settings[key] : padded === key) add(key, true);
  }
  if ((paintsOver || hires) && settings.vaeEncodeMethod !== 'Full')
    add('vaeEncodeMethod', settings.vaeEncodeMethod);
  if (settings.tiling) add('tiling', true);
  if (settings.vaeDecodeMethod !== 'Full') add('vaeDecodeMethod', settings.vaeDecodeMethod);
  const restoring = settings.faceRestoration && settings.faceRestorationModel === 'CodeFormer';
  const heeded = FAMILY_KEYS.filter(([, heeds]) => family === undefined || heeds(family)).map(([key]) => key);
  const upscaling = askedUpscalers(parameters).length > 0 ? UPSCALER_KEYS : [];
  for (const key of [
    ...OWN_KEYS,
    ...(paintsOver ? IMG2IMG_KEYS : []),
    ...upscaling,
    ...(restoring ? FACE_KEYS : []),
    ...heeded,
    ...(parameters.controlUnits.length > 0 ? CONTROL_KEYS : []),
  ]) {
    if (settings[key] !== INFOS.get(key)?.standard) add(key, settings[key]);
  }
  return entries;
}

/** Eta noise seed delta where noise is drawn on the way; null elsewhere. */
export function ensdToText({
  ensd,
  sampler,
  settings,
  hires,
  detailer,
}: GenerationParameters): number | null {
  const later = [hires, ...(detailer?.tabs ?? [])].map((one) => one?.sampler ?? sampler);
  const drawn = [sampler, ...later].map(findSampler);
  return ensd !== 0 && drawn.some((info) => info && ensdMatters(info, settings)) ? ensd : null;
}

/** All settings of a text: those it does not tell, or tells in a way that means nothing, are at A1111's defaults. */
export function settingsFromText(infotext: Infotext): ImageSettings {
  const read = IMAGE_SETTINGS.flatMap((info) => {
    const names = [info.infotext, SETTING_ALIASES[info.key]];
    const given = names.flatMap((name) => (name == null ? [] : (infotext[name] ?? [])))[0];
    const value = given === undefined ? null : readSetting(info, given);
    return value === null ? [] : [[info.key, value] as const];
  });
  return {
    ...DEFAULT_IMAGE_SETTINGS,
    ...(Object.fromEntries(read) as Partial<ImageSettings>),
    sdVae: vaeFromText(infotext),
    faceRestoration: isRestorer(infotext['Face restoration']),
  };
}

function isRestorer(given: unknown): boolean {
  const info = INFOS.get('faceRestorationModel');
  return info !== undefined && readSetting(info, given) !== null;
}

/** The model by which faces are restored; null where they are left as they are. */
export function faceRestorationToText({ settings }: Pick<GenerationParameters, 'settings'>): string | null {
  return settings.faceRestoration ? settings.faceRestorationModel : null;
}

/** What names the VAE of a text: its file's name, with the hash where that is told, or the hash alone. */
function vaeFromText(infotext: Infotext): string {
  const [name, hash] = [infotext['VAE'], infotext['VAE hash']].map((value) =>
    typeof value === 'string' ? value.trim() : '',
  );
  const known = /^[0-9a-f]{10,64}$/i.test(hash ?? '') ? `[${hash!.toLowerCase()}]` : '';
  return [name, known].filter(Boolean).join(' ').slice(-MAX_FILE_NAME) || DEFAULT_IMAGE_SETTINGS.sdVae;
}

/** A number as texts hold it; null for anything else, and for what is not finite. */
export function numberFromText(value: unknown): number | null {
  const number =
    typeof value === 'string' && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value)
      ? Number(value)
      : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** The value of a setting as a text has it; null where that means nothing. */
export function readSetting(info: SettingInfo, given: unknown): InfotextScalar | null {
  switch (info.kind) {
    case 'number': {
      const number = numberFromText(given);
      return number !== null && info.step === 1 && !Number.isInteger(number) ? null : number;
    }
    case 'switch':
      return given === true || given === 'True' ? true : given === false || given === 'False' ? false : null;
    case 'vae':
    case 'upscaler':
      return typeof given === 'string' && given !== '' ? given : null;
    case 'choice':
      return info.choices.find((choice) => choice === given) ?? null;
    case 'color':
      return typeof given === 'string' && parseColor(given) ? given : null;
  }
}

function timelinesDiffer(parameters: GenerationParameters): boolean {
  const schedules = (oldScheduling: boolean) =>
    JSON.stringify(promptTexts({ ...parameters, settings: { ...parameters.settings, oldScheduling } }));
  return schedules(true) !== schedules(false);
}

function usesEmphasis(parameters: GenerationParameters): boolean {
  const pattern = parameters.settings.curlyBraces ? EMPHASIS_WITH_BRACES : EMPHASIS;
  return schedulesOf(promptTexts(parameters)).some((schedule) =>
    schedule.some(({ text }) => pattern.test(text)),
  );
}
