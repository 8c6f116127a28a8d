// What parameters texts say of the detailer: ADetailer's fields, those of a second detector with " 2nd" behind them and so on; and
// under keys of our own its settings, of which it tells nothing.
import { resolveSampler } from '../../sampling/registry.ts';
import { findScheduler } from '../../sampling/schedulers.ts';
import { checkpointFromText, checkpointToText, type ToldCheckpoint } from './checkpoint-text.ts';
import { DEFAULT_DETAILER, DEFAULT_DETAILER_TAB, type Detailer, type DetailerTab } from './detailer.ts';
import { FILTER_METHODS, MERGE_MODES, SIZE_MATCHES, SORT_ORDERS } from './detailer-lists.ts';
import type { Infotext } from './infotext/parse.ts';
import { pythonText, type InfotextScalar } from './infotext/quote.ts';
import { numberFromText } from './settings-text.ts';

/** Of the extension whose numbers these are. */
const VERSION = '25.3.0';
/** Texts are read for as many. */
const MOST_TABS = 15;

const SAME_SAMPLER = 'Use same sampler';
const SAME_SCHEDULER = 'Use same scheduler';
const SAME_CHECKPOINT = 'Use same checkpoint';

/** "ADetailer model", and behind it which detector it is of. */
const field = (name: string, index: number): string =>
  `ADetailer ${name}${index === 0 ? '' : ` ${ordinal(index + 1)}`}`;

function ordinal(n: number): string {
  const teen = n % 100 >= 11 && n % 100 <= 13;
  return `${n}${(!teen && ['', 'st', 'nd', 'rd'][n % 10]) || 'th'}`;
}

type Entries = Readonly<Record<string, InfotextScalar>>;

export function detailerToText({ tabs, ...asked }: Detailer): Entries {
  const told = tabs.flatMap((tab, index) =>
    Object.entries(tabToText(tab)).map(([name, value]) => [field(name, index), value] as const),
  );
  const own = OPTIONS.flatMap(({ name, key }) =>
    asked[key] === DEFAULT_DETAILER[key] ? [] : [[field(name, 0), asked[key]] as const],
  );
  return { ...Object.fromEntries([...told, ...own]), 'ADetailer version': VERSION };
}

/** As Python writes a number that is no whole one there. */
const float = (value: number): InfotextScalar => (Number.isInteger(value) ? `${value}.0` : value);

function tabToText(tab: DetailerTab): Entries {
  const { size, steps, cfgScale, sampler, scheduler, noiseMultiplier, clipSkip, checkpoint } = tab;
  return {
    model: tab.model,
    ...(tab.prompt !== '' && { prompt: tab.prompt }),
    ...(tab.negativePrompt !== '' && { 'negative prompt': tab.negativePrompt }),
    confidence: float(tab.confidence),
    ...(tab.topK > 0 && {
      'method to decide top k masks': tab.filterMethod,
      'mask only top k': tab.topK,
    }),
    ...(tab.minRatio !== 0 && { 'mask min ratio': float(tab.minRatio) }),
    ...(tab.maxRatio !== 1 && { 'mask max ratio': float(tab.maxRatio) }),
    ...(tab.xOffset !== 0 && { 'x offset': tab.xOffset }),
    ...(tab.yOffset !== 0 && { 'y offset': tab.yOffset }),
    'dilate erode': tab.dilateErode,
    ...(tab.mergeInvert !== 'None' && { 'mask merge invert': tab.mergeInvert }),
    'mask blur': tab.maskBlur,
    'denoising strength': float(tab.denoisingStrength),
    'inpaint only masked': tab.onlyMasked,
    ...(tab.onlyMasked && { 'inpaint padding': tab.padding }),
    ...(size && {
      'use inpaint width height': true,
      'inpaint width': size.width,
      'inpaint height': size.height,
    }),
    ...(steps !== null && { 'use separate steps': true, steps }),
    ...(cfgScale !== null && { 'use separate CFG scale': true, 'CFG scale': float(cfgScale) }),
    ...(checkpoint && { 'use separate checkpoint': true, checkpoint: checkpointToText(checkpoint) }),
    ...((sampler !== null || scheduler !== null) && {
      'use separate sampler': true,
      sampler: sampler ?? SAME_SAMPLER,
      ...(scheduler !== null && { scheduler }),
    }),
    ...(noiseMultiplier !== null && {
      'use separate noise multiplier': true,
      'noise multiplier': float(noiseMultiplier),
    }),
    ...(clipSkip !== null && { 'use separate CLIP skip': true, 'CLIP skip': clipSkip }),
  };
}

/** What a text tells of a detector: its checkpoint is yet to be found. */
export interface ToldDetailerTab extends Omit<DetailerTab, 'checkpoint'> {
  readonly checkpoint: ToldCheckpoint | null;
}

export interface ToldDetailer extends Omit<Detailer, 'tabs'> {
  readonly tabs: readonly ToldDetailerTab[];
}

/** Null for the text of a picture that was made without. */
export function detailerFromText(infotext: Infotext): ToldDetailer | null {
  const tabs = Array.from({ length: MOST_TABS }, (_, index) => tabFromText(infotext, index)).filter(
    (tab) => tab !== null,
  );
  if (tabs.length === 0) return null;
  const read = OPTIONS.flatMap((option) => {
    const value = option.read(textOf(infotext[field(option.name, 0)]));
    return value === null ? [] : [[option.key, value] as const];
  });
  return { ...DEFAULT_DETAILER, ...Object.fromEntries(read), tabs };
}

function tabFromText(infotext: Infotext, index: number): ToldDetailerTab | null {
  const text = (name: string): string => textOf(infotext[field(name, index)]);
  const model = text('model');
  if (model === '' || model === 'None' || text('tab enable') === 'False') return null;
  const standard = DEFAULT_DETAILER_TAB;
  const number = (name: string, otherwise: number): number => numberFromText(text(name)) ?? otherwise;
  /** A value that counts where its switch is on. */
  const separate = <T>(name: string, value: T): T | null => (text(`use ${name}`) === 'True' ? value : null);
  const sampler = separate('separate sampler', text('sampler'));
  const scheduler = separate('separate sampler', text('scheduler'));
  const told = (value: string | null, same: string): string | null =>
    value === null || value === '' || value === same ? null : value;
  const [ownSampler, ownScheduler] = [told(sampler, SAME_SAMPLER), told(scheduler, SAME_SCHEDULER)];
  // A combined name of old has the schedule in it.
  const resolved = ownSampler === null ? null : resolveSampler(ownSampler, ownScheduler, false);
  const combined = resolved !== null && resolved.sampler !== ownSampler && resolved.scheduler !== 'Automatic';
  return {
    model,
    prompt: text('prompt'),
    negativePrompt: text('negative prompt'),
    confidence: number('confidence', standard.confidence),
    filterMethod:
      FILTER_METHODS.find((method) => method === text('method to decide top k masks')) ??
      standard.filterMethod,
    topK: number('mask only top k', standard.topK),
    minRatio: number('mask min ratio', standard.minRatio),
    maxRatio: number('mask max ratio', standard.maxRatio),
    xOffset: number('x offset', standard.xOffset),
    yOffset: number('y offset', standard.yOffset),
    dilateErode: number('dilate erode', standard.dilateErode),
    mergeInvert: MERGE_MODES.find((mode) => mode === text('mask merge invert')) ?? standard.mergeInvert,
    maskBlur: number('mask blur', standard.maskBlur),
    denoisingStrength: number('denoising strength', standard.denoisingStrength),
    onlyMasked: text('inpaint only masked') !== 'False',
    padding: number('inpaint padding', standard.padding),
    size: separate('inpaint width height', {
      width: number('inpaint width', 512),
      height: number('inpaint height', 512),
    }),
    steps: separate('separate steps', number('steps', 28)),
    cfgScale: separate('separate CFG scale', number('CFG scale', 7)),
    sampler: resolved?.sampler ?? null,
    scheduler: combined ? resolved.scheduler : ((ownScheduler && findScheduler(ownScheduler)?.label) ?? null),
    noiseMultiplier: separate('separate noise multiplier', number('noise multiplier', 1)),
    clipSkip: separate('separate CLIP skip', number('CLIP skip', 1)),
    checkpoint: checkpointFromText(
      told(separate('separate checkpoint', text('checkpoint')), SAME_CHECKPOINT),
    ),
  };
}

interface OptionText {
  /** Behind "ADetailer ". */
  readonly name: string;
  readonly key: keyof typeof DEFAULT_DETAILER;
  read(text: string): InfotextScalar | null;
}

const oneOf =
  (choices: readonly string[]) =>
  (text: string): string | null =>
    choices.includes(text) ? text : null;

const OPTIONS: readonly OptionText[] = [
  { name: 'sort bounding boxes by', key: 'sortBy', read: oneOf(SORT_ORDERS) },
  {
    name: 'same seed',
    key: 'sameSeed',
    read: (text) => (text === 'True' ? true : text === 'False' ? false : null),
  },
  { name: 'dynamic denoise power', key: 'denoisePower', read: (text) => numberFromText(text) },
  { name: 'match inpaint size', key: 'sizeMatch', read: oneOf(SIZE_MATCHES) },
];

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? pythonText(value)
    : '';
}

const isNumber = (value: string): boolean => numberFromText(value) !== null;
const isSwitch = (value: string): boolean => value === 'True' || value === 'False';
const anything = (): boolean => true;

/** Names behind "ADetailer ", and which of their values are read. */
const READ: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ...['model', 'prompt', 'negative prompt', 'checkpoint', 'version'].map((name) => [name, anything] as const),
  ...[
    ...['confidence', 'mask only top k', 'mask min ratio', 'mask max ratio', 'x offset', 'y offset'],
    ...['dilate erode', 'mask blur', 'denoising strength', 'inpaint padding', 'inpaint width'],
    ...['inpaint height', 'steps', 'CFG scale', 'noise multiplier', 'CLIP skip'],
  ].map((name) => [name, isNumber] as const),
  ...[
    ...['tab enable', 'inpaint only masked', 'use inpaint width height', 'use separate steps'],
    ...['use separate CFG scale', 'use separate checkpoint', 'use separate sampler'],
    ...['use separate noise multiplier', 'use separate CLIP skip'],
  ].map((name) => [name, isSwitch] as const),
  ['method to decide top k masks', (value) => FILTER_METHODS.some((method) => method === value)],
  ['mask merge invert', (value) => MERGE_MODES.some((mode) => mode === value)],
  ['sampler', (value) => value === SAME_SAMPLER || resolveSampler(value).known],
  ['scheduler', (value) => value === SAME_SCHEDULER || findScheduler(value) !== undefined],
  ...OPTIONS.map(({ name, read }) => [name, (value: string) => read(value) !== null] as const),
  // What is not done here, where it is not asked for.
  ...['restore face', 'use separate VAE'].map(
    (name) => [name, (value: string) => value === 'False'] as const,
  ),
  ['ControlNet model', (value) => value === 'None'],
]);

/** Whether a field is the detailer's, and its value is read. */
export function readsDetailerField(name: string, value: string): boolean {
  const [, own] = /^ADetailer (.+?)(?: \d+(?:st|nd|rd|th))?$/.exec(name) ?? [];
  return own !== undefined && (READ.get(own)?.(value) ?? false);
}
