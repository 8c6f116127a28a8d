// What parameters texts say of hires fix: A1111's fields (modules/processing.py, StableDiffusionProcessingTxt2Img.init), Forge's for
// a CFG scale of its own, and one of ours for a picture in place of the first pass.
import { findSampler, resolveSampler } from '../../sampling/registry.ts';
import { findScheduler } from '../../sampling/schedulers.ts';
import { effectiveScheduler } from '../../sampling/schedules.ts';
import { checkpointFromText, checkpointToText, type ToldCheckpoint } from './checkpoint-text.ts';
import { MAX_FILE_NAME } from './settings/setting-info.ts';
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import { DEFAULT_HIRES, type GenerationParameters, type Hires } from './request.ts';
import { numberFromText } from './settings-text.ts';
import { hashFromText, hashToText } from './source-picture.ts';

const STRENGTH = 'Denoising strength';
const CHECKPOINT = 'Hires checkpoint';
const SAMPLER = 'Hires sampler';
const SCHEDULER = 'Hires schedule type';
const PROMPT = 'Hires prompt';
const NEGATIVE_PROMPT = 'Hires negative prompt';
const SCALE = 'Hires upscale';
const RESIZE = 'Hires resize';
const STEPS = 'Hires steps';
const UPSCALER = 'Hires upscaler';
const CFG_SCALE = 'Hires CFG Scale';
const FIRST_PASS = 'Hires first pass SHA256';

const SAME_SAMPLER = 'Use same sampler';
const SAME_SCHEDULER = 'Use same scheduler';
const SAME_CHECKPOINT = 'Use same checkpoint';

const isNumber = (value: string): boolean => numberFromText(value) !== null;
const anything = (): boolean => true;

/** Fields that are read of a text of hires fix, and which of their values are. */
export const HIRES_FIELDS: readonly (readonly [name: string, reads: (value: string) => boolean])[] = [
  ...[STRENGTH, SCALE, STEPS, CFG_SCALE].map((name) => [name, isNumber] as const),
  ...[CHECKPOINT, PROMPT, NEGATIVE_PROMPT].map((name) => [name, anything] as const),
  [SAMPLER, (value) => value === SAME_SAMPLER || resolveSampler(value).known],
  [SCHEDULER, (value) => value === SAME_SCHEDULER || findScheduler(value) !== undefined],
  [RESIZE, (value) => /^\d+x\d+$/.test(value)],
  [UPSCALER, (value) => value !== '' && value.length <= MAX_FILE_NAME],
  [FIRST_PASS, (value) => /^[0-9a-f]+$/.test(value)],
];

export function hiresToText(
  parameters: GenerationParameters,
  hires: Hires,
): Readonly<Record<string, InfotextScalar | null>> {
  const { resizeWidth, resizeHeight, sampler, cfgScale } = hires;
  const other = <T>(value: T, first: T): T | null => (value && value !== first ? value : null);
  return {
    [STRENGTH]: hires.denoisingStrength,
    [CHECKPOINT]: hires.checkpoint && checkpointToText(hires.checkpoint),
    [SAMPLER]: other(sampler, parameters.sampler),
    [PROMPT]: other(hires.prompt, parameters.prompt),
    [NEGATIVE_PROMPT]: other(hires.negativePrompt, parameters.negativePrompt),
    [SCHEDULER]: schedulerToText(parameters, hires),
    [SCALE]: resizeWidth || resizeHeight ? null : hires.scale,
    [RESIZE]: resizeWidth || resizeHeight ? `${resizeWidth}x${resizeHeight}` : null,
    [STEPS]: hires.steps || null,
    [UPSCALER]: hires.upscaler,
    [CFG_SCALE]: cfgScale === null || cfgScale === parameters.cfgScale ? null : cfgScale,
    [FIRST_PASS]: hires.firstPass && hashToText(hires.firstPass),
  };
}

/**
 * The schedule that the second pass comes to, where it is not the one told of the first (KDiffusionSampler.get_sigmas). Evenly spaced
 * times, which A1111 does not tell, are told where the first pass's schedule would be read otherwise.
 */
function schedulerToText(parameters: GenerationParameters, hires: Hires): string | null {
  const first = findSampler(parameters.sampler);
  const second = findSampler(hires.sampler ?? parameters.sampler);
  if (!second || second.kind === 'timestep') return null;
  const told =
    first?.kind === 'timestep' ? undefined : effectiveScheduler(parameters.scheduler, first?.scheduler);
  const wanted = hires.scheduler ?? parameters.scheduler;
  const entry = effectiveScheduler(wanted, second.scheduler);
  if (entry) return entry.label === told?.label ? null : entry.label;
  return effectiveScheduler(told?.label ?? parameters.scheduler, second.scheduler) ? wanted : null;
}

/** What a text tells of the request's `hires`: its files are yet to be found. */
export interface ToldHires extends Omit<Hires, 'checkpoint' | 'firstPass'> {
  readonly checkpoint: ToldCheckpoint | null;
  /** How the SHA-256 of the picture begins that the second pass started from; null where there was a first one. */
  readonly firstPassHash: string | null;
}

/** Null for the text of a picture that was made without. */
export function hiresFromText(infotext: Infotext): ToldHires | null {
  // Sizes that a text does not tell are read as 0.
  const number = (key: string): number => numberFromText(infotext[key]) ?? 0;
  const [resizeWidth, resizeHeight] = [number(`${RESIZE}-1`), number(`${RESIZE}-2`)];
  const made = [SCALE, UPSCALER].some((key) => infotext[key]) || resizeWidth > 0 || resizeHeight > 0;
  if (!made) return null;
  const text = (key: string): string => (typeof infotext[key] === 'string' ? infotext[key] : '');
  const told = (key: string, same: string): string | null =>
    text(key) === '' || text(key) === same ? null : text(key);
  const [sampler, scheduler] = [told(SAMPLER, SAME_SAMPLER), told(SCHEDULER, SAME_SCHEDULER)];
  const resolved = sampler === null ? null : resolveSampler(sampler, scheduler, false);
  // A combined name of old has the schedule in it.
  const combined = resolved !== null && resolved.sampler !== sampler && resolved.scheduler !== 'Automatic';
  // Read with its sampler, the first pass's schedule may become "Automatic", which is another one with this sampler.
  const first = text('Schedule type');
  const read = resolveSampler(text('Sampler'), first).scheduler;
  const spaced = resolved !== null && findSampler(resolved.sampler)?.kind !== 'timestep';
  const same = spaced && findScheduler(first)?.label !== read ? findScheduler(first)?.label : null;
  return {
    upscaler: text(UPSCALER).slice(0, MAX_FILE_NAME) || DEFAULT_HIRES.upscaler,
    scale: numberFromText(infotext[SCALE]) ?? DEFAULT_HIRES.scale,
    resizeWidth,
    resizeHeight,
    steps: number(STEPS),
    denoisingStrength: numberFromText(infotext[STRENGTH]) ?? DEFAULT_HIRES.denoisingStrength,
    checkpoint: checkpointFromText(told(CHECKPOINT, SAME_CHECKPOINT)),
    sampler: resolved?.sampler ?? null,
    scheduler: combined
      ? resolved.scheduler
      : ((scheduler && findScheduler(scheduler)?.label) ?? same ?? null),
    cfgScale: numberFromText(infotext[CFG_SCALE]),
    prompt: text(PROMPT),
    negativePrompt: text(NEGATIVE_PROMPT),
    firstPassHash: hashFromText(infotext[FIRST_PASS]),
  };
}
