// What of a ControlNet unit its preprocessor decides: where its sliders stand, and what kind of map it makes.
import { findPreprocessor, HIDDEN_SLIDER, type Slider } from '../../control/preprocessors/table.ts';
import { ANY_CONTROL_TYPE, type ControlUnit } from './control-unit.ts';

/** What union models are told, by control type (scripts/enums.py, ControlNetUnionControlType). */
const UNION_TYPES: Readonly<Record<string, number>> = {
  openpose: 0,
  depth: 1,
  softedge: 2,
  scribble: 2,
  canny: 3,
  lineart: 3,
  mlsd: 3,
  normalmap: 4,
  segmentation: 5,
  tile: 6,
  blur: 6,
  inpaint: 7,
};

/** The number of the kind of map for union models; null where nothing tells. */
export function unionTypeOf({
  controlType,
  module,
}: Pick<ControlUnit, 'controlType' | 'module'>): number | null {
  const named = controlType === ANY_CONTROL_TYPE ? (findPreprocessor(module)?.tags ?? []) : [controlType];
  const types = named.flatMap((tag) => UNION_TYPES[tag.toLowerCase()] ?? []);
  return types[0] ?? null;
}

/** Where there is no such slider to see, but one that is set. */
const HIDDEN_RESOLUTIONS: Readonly<Record<string, number>> = { shuffle: 512 };

/** The preprocessor's sliders as they count: out of range they fall back to their defaults, as there. */
export function settledSliders({
  module,
  processorRes,
  thresholdA,
  thresholdB,
}: ControlUnit): Pick<ControlUnit, 'processorRes' | 'thresholdA' | 'thresholdB'> {
  const preprocessor = findPreprocessor(module);
  const [first, second] = preprocessor?.sliders ?? [];
  const hidden = HIDDEN_RESOLUTIONS[module] ?? HIDDEN_SLIDER;
  return {
    processorRes: settled(processorRes, preprocessor?.resolution, hidden),
    thresholdA: settled(thresholdA, first),
    thresholdB: settled(thresholdB, second),
  };
}

/** Hidden sliders go from 0 to 1. */
function settled(value: number, slider: Slider | null | undefined, hidden = HIDDEN_SLIDER): number {
  const { minimum, maximum, value: usual } = slider ?? { minimum: 0, maximum: 1, value: hidden };
  return value >= minimum && value <= maximum ? value : usual;
}
