// What parameters texts say of ControlNet units, as Mikubill's extension 1.1.455 writes and reads it (scripts/infotext.py,
// internal_controlnet/args.py): one field a unit, counted among those that are switched on. Under keys of our own the pictures and how
// IP-Adapters weigh blocks, of which it tells nothing.
import { findPreprocessor } from '../../control/preprocessors/table.ts';
import { HINT_RESIZE_MODES, type HintResizeMode } from '../../control/preprocessors/hint-resize-modes.ts';
import { WEIGHT_TYPES, weighsComposition } from '../../models/control/image-weights.ts';
import { CONTROL_MODES } from '../../models/control/scales.ts';
import { settledSliders } from './control-sliders.ts';
import { DEFAULT_CONTROL_UNIT, HIRES_OPTIONS, type ControlUnit } from './control-unit.ts';
import type { Infotext } from './infotext/parse.ts';
import { pythonText, type InfotextScalar } from './infotext/quote.ts';
import { numberFromText } from './settings-text.ts';
import { hashFromText, hashToText } from './source-picture.ts';

/** Of "Control Weight" and "Composition Weight". */
const MOST_WEIGHT = 2;

/** Texts are read for as many. */
const MOST_UNITS = 20;

const field = (index: number): string => `ControlNet ${index}`;
const pictureField = (index: number): string => `${field(index)} SHA256`;
const maskField = (index: number): string => `${field(index)} mask SHA256`;
const typeField = (index: number): string => `${field(index)} Weight Type`;
const compositionField = (index: number): string => `${field(index)} Composition Weight`;

/** Preprocessors whose sliders stand at numbers with a point unless they are moved. */
const WITH_POINT = /^(blur_gaussian|recolor_|revision_|tile_)/;

/** Python's text of a float. */
const float = (value: number): string => (Number.isInteger(value) ? `${value}.0` : pythonText(value));

export function controlToText(units: readonly ControlUnit[]): Readonly<Record<string, InfotextScalar>> {
  const told = units.flatMap((unit, index): (readonly [string, InfotextScalar])[] => {
    const text = unitToText(unit);
    const pictures = [
      ...(unit.picture ? [[pictureField(index), hashToText(unit.picture)] as const] : []),
      ...(unit.picture && unit.mask ? [[maskField(index), hashToText(unit.mask)] as const] : []),
    ];
    const { weightType, compositionWeight } = unit;
    const weights = [
      ...(weightType === 'normal' ? [] : [[typeField(index), weightType] as const]),
      ...(weighsComposition(weightType) ? [[compositionField(index), compositionWeight] as const] : []),
    ];
    return text === '' ? pictures : [[field(index), text], ...weights, ...pictures];
  });
  return Object.fromEntries(told);
}

/** Empty where a value would be read as several. */
export function unitToText(unit: ControlUnit): string {
  const settled = settledSliders(unit);
  const slider = (key: 'thresholdA' | 'thresholdB'): string =>
    unit[key] === settled[key] || WITH_POINT.test(unit.module)
      ? float(settled[key])
      : pythonText(settled[key]);
  const entries: [string, string][] = [
    ['Module', findPreprocessor(unit.module)?.label ?? unit.module],
    ['Model', unit.model],
    ['Weight', float(unit.weight)],
    ['Resize Mode', unit.resizeMode],
    ['Processor Res', pythonText(settled.processorRes)],
    ['Threshold A', slider('thresholdA')],
    ['Threshold B', slider('thresholdB')],
    ['Guidance Start', float(unit.guidanceStart)],
    ['Guidance End', float(unit.guidanceEnd)],
    ['Pixel Perfect', unit.pixelPerfect ? 'True' : 'False'],
    ['Control Mode', unit.controlMode],
    ...(unit.hiresOption === DEFAULT_CONTROL_UNIT.hiresOption
      ? []
      : [['Hr Option', unit.hiresOption] as [string, string]]),
  ];
  if (entries.some(([, value]) => /[,:]/.test(value))) return '';
  return entries.map(([name, value]) => `${name}: ${value}`).join(', ');
}

/** A unit that a text tells of: its picture is yet to be found. */
export interface ToldControlUnit extends Omit<ControlUnit, 'picture' | 'mask' | 'region'> {
  /** How its picture's SHA-256 begins; null where the text does not tell. */
  readonly pictureHash: string | null;
  /** ... and that of what is drawn on it. */
  readonly maskHash: string | null;
}

/** Those that can be read, in order. */
export function controlFromText(infotext: Infotext): readonly ToldControlUnit[] {
  return Array.from({ length: MOST_UNITS }, (_, index) => {
    const text = infotext[field(index)];
    const unit = typeof text === 'string' ? unitFromText(text) : null;
    const [pictureHash, maskHash] = [pictureField(index), maskField(index)].map((name) =>
      hashFromText(infotext[name]),
    );
    const weights = {
      weightType: weightTypeIn(infotext[typeField(index)]) ?? DEFAULT_CONTROL_UNIT.weightType,
      compositionWeight:
        compositionIn(infotext[compositionField(index)]) ?? DEFAULT_CONTROL_UNIT.compositionWeight,
    };
    return unit && { ...unit, ...weights, pictureHash: pictureHash ?? null, maskHash: maskHash ?? null };
  }).filter((unit) => unit !== null);
}

/** Whether a field is read, with that value. */
export function readsControlField(name: string, value: string): boolean {
  const found = /^ControlNet (\d{1,2})(?: (.+))?$/.exec(name);
  if (!found || Number(found[1]) >= MOST_UNITS) return false;
  const [index, part] = [Number(found[1]), found[2]];
  if (part === undefined) return unitFromText(value) !== null;
  if (name === typeField(index)) return weightTypeIn(value) !== null;
  if (name === compositionField(index)) return compositionIn(value) !== null;
  return [pictureField(index), maskField(index)].includes(name) && hashFromText(value) !== null;
}

function weightTypeIn(value: Infotext[string] | undefined): ControlUnit['weightType'] | null {
  return WEIGHT_TYPES.find((type) => type === value) ?? null;
}

function compositionIn(value: Infotext[string] | undefined): number | null {
  const weight = typeof value === 'string' ? numberFromText(value) : null;
  return weight !== null && weight >= 0 && weight <= MOST_WEIGHT ? weight : null;
}

/** Names that versions before 1.1 gave them. */
const OLD_RESIZE_MODES: Readonly<Record<string, HintResizeMode>> = {
  'Inner Fit (Scale to Fit)': 'Crop and Resize',
  'Outer Fit (Shrink to Fit)': 'Resize and Fill',
  'Scale to Fit (Inner Fit)': 'Crop and Resize',
  'Envelope (Outer Fit)': 'Resize and Fill',
};

/** Null for a text of older versions, and for values that the extension refuses. */
export function unitFromText(text: string): Omit<ControlUnit, 'picture' | 'mask' | 'region'> | null {
  const values = new Map<string, string>();
  for (const item of text.split(',')) {
    const parts = item.trim().split(': ');
    if (parts.length !== 2) return null;
    values.set(parts[0]!.toLowerCase(), parts[1]!);
  }
  const standard = DEFAULT_CONTROL_UNIT;
  const number = (name: string, otherwise: number): number => numberFromText(values.get(name)) ?? otherwise;
  const one = <T extends string>(name: string, list: readonly T[], otherwise: T): T | null => {
    const value = values.get(name);
    if (value === undefined) return otherwise;
    return list.find((known) => known === value) ?? null;
  };
  const module = values.get('module') ?? standard.module;
  const resize = values.get('resize mode') ?? '';
  const resizeMode = OLD_RESIZE_MODES[resize] ?? one('resize mode', HINT_RESIZE_MODES, standard.resizeMode);
  const controlMode = one('control mode', CONTROL_MODES, standard.controlMode);
  const hiresOption = one('hr option', HIRES_OPTIONS, standard.hiresOption);
  const [weight, guidanceStart, guidanceEnd] = [
    number('weight', 1),
    number('guidance start', 0),
    number('guidance end', 1),
  ];
  const inRange =
    weight >= 0 &&
    weight <= MOST_WEIGHT &&
    guidanceStart >= 0 &&
    guidanceEnd <= 1 &&
    guidanceStart <= guidanceEnd;
  if (!findPreprocessor(module) || !resizeMode || !controlMode || !hiresOption || !inRange) return null;
  const { outputWeights, controlType, weightType, compositionWeight } = standard;
  return {
    ...{
      module,
      weight,
      guidanceStart,
      guidanceEnd,
      resizeMode,
      controlMode,
      hiresOption,
      outputWeights,
      controlType,
      weightType,
      compositionWeight,
    },
    model: values.get('model') ?? standard.model,
    processorRes: Math.trunc(number('processor res', standard.processorRes)),
    thresholdA: number('threshold a', standard.thresholdA),
    thresholdB: number('threshold b', standard.thresholdB),
    pixelPerfect: values.get('pixel perfect') === 'True',
  };
}
