// What A1111's config.json and ui-config.json set here: what of it is taken, and what is not, by why.
import type { GenerationParameters } from '../../generation/request/request.ts';
import STANDARD from '../../generation/request/settings/webui-options.json';
import { LIMITS } from '../choices.ts';
import { labels } from '../strings/labels.ts';
import { whyAbsent, type Reason } from './absent.ts';
import { ourSettings, type Current, type OurSetting } from './ours.ts';

export interface Taken {
  readonly next: Current;
  /** Titles of settings that are other ones now. */
  readonly changed: readonly string[];
  /** Keys whose values mean nothing here. */
  readonly refused: readonly string[];
  /** Keys that are not at A1111's default and mean nothing here. */
  readonly absent: ReadonlyMap<Reason, readonly string[]>;
  readonly unknown: readonly string[];
}

/** Bytes of a file: A1111's have 20 kB. */
export const MAX_CONFIG = 4 * 2 ** 20;
/** Keys of ui-config.json begin with a tab's or a script's name, and end with what they set. */
const UI_KEY = /^.+\/.+\/(?:value|visible|minimum|maximum|step)$/;

/** Null for what is neither file. */
export function takeConfig(current: Current, text: string): Taken | null {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return null;
  const entries = Object.entries(file);
  if (entries.some(([key]) => UI_KEY.test(key))) return takeUiConfig(current, entries);
  return entries.some(([key]) => Object.hasOwn(STANDARD, key)) ? takeSettings(current, entries) : null;
}

type Entries = readonly (readonly [key: string, value: unknown])[];

function takeSettings(current: Current, entries: Entries): Taken {
  const absent = new Map<Reason, string[]>();
  const [unknown, refused]: [string[], string[]] = [[], []];
  const known: (readonly [OurSetting, unknown])[] = [];
  const settings = ourSettings();
  for (const [key, value] of entries) {
    const ours = settings.get(key);
    const reason = whyAbsent(key);
    if (ours && ours.take(current, value)) known.push([ours, value]);
    else if (isStandard(key, value)) continue;
    else if (ours) refused.push(key);
    else if (reason) absent.set(reason, [...(absent.get(reason) ?? []), key]);
    else unknown.push(key);
  }
  return { ...applied(current, known), refused, absent, unknown };
}

function isStandard(key: string, value: unknown): boolean {
  const standard: unknown = (STANDARD as Readonly<Record<string, unknown>>)[key];
  return Object.hasOwn(STANDARD, key) && JSON.stringify(value) === JSON.stringify(standard);
}

/** What each control starts from, of those of txt2img that start from something here. */
function controls(): ReadonlyMap<string, OurSetting> {
  return new Map<string, OurSetting>([
    ...(
      [
        ['txt2img/Width/value', 'width', labels.width],
        ['txt2img/Height/value', 'height', labels.height],
        ['txt2img/Batch count/value', 'batchCount', labels.batchCount],
        ['txt2img/Batch size/value', 'batchSize', labels.batchSize],
        ['txt2img/CFG Scale/value', 'cfgScale', labels.cfgScale],
        ['customscript/sampler.py/txt2img/Sampling steps/value', 'steps', labels.samplingSteps],
      ] as const
    ).map(([key, parameter, title]) => [key, { title, take: within(parameter) }] as const),
    ['txt2img/Prompt/value', { title: labels.prompt, take: text('prompt') }],
    ['txt2img/Negative prompt/value', { title: labels.negativePrompt, take: text('negativePrompt') }],
  ]);
}

function within(
  key: 'width' | 'height' | 'batchCount' | 'batchSize' | 'cfgScale' | 'steps',
): OurSetting['take'] {
  const { min, max } = LIMITS[key];
  return (current, value) =>
    typeof value === 'number' && value >= min && value <= max
      ? withParameter(current, { [key]: value })
      : null;
}

function text(key: 'prompt' | 'negativePrompt'): OurSetting['take'] {
  return (current, value) => (typeof value === 'string' ? withParameter(current, { [key]: value }) : null);
}

function withParameter(current: Current, change: Partial<GenerationParameters>): Current {
  return { ...current, parameters: { ...current.parameters, ...change } };
}

/** Of its hundreds of entries those are told that are taken, or that cannot be; the others lay the page out. */
function takeUiConfig(current: Current, entries: Entries): Taken {
  const ofPage = controls();
  const asked = entries.flatMap(([key, value]) => {
    const ours = ofPage.get(key);
    return ours ? [{ key, ours, value, fits: ours.take(current, value) !== null }] : [];
  });
  const known = asked.filter(({ fits }) => fits).map(({ ours, value }) => [ours, value] as const);
  const refused = asked.filter(({ fits }) => !fits).map(({ key }) => key);
  return { ...applied(current, known), refused, absent: new Map(), unknown: [] };
}

function applied(current: Current, known: readonly (readonly [OurSetting, unknown])[]) {
  const changed: string[] = [];
  let next = current;
  for (const [{ title, take }, value] of known) {
    const after = take(next, value) ?? next;
    if (JSON.stringify(after, plain) !== JSON.stringify(next, plain)) changed.push(title);
    next = after;
  }
  return { next, changed };
}

/** Seeds of 64 bits. */
const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
