// ControlNet's units as the controls have them: what is set stays while one is off. Their pictures are not kept between visits.
import { HINT_RESIZE_MODES } from '../control/preprocessors/hint-resize-modes.ts';
import {
  isReference,
  DEFAULT_CONTROL_UNIT,
  HIRES_OPTIONS,
  NO_MODEL,
  type ControlUnit,
} from '../generation/request/control-unit.ts';
import type { SourcePicture } from '../generation/request/source-picture.ts';
import { WEIGHT_TYPES } from '../models/control/image-weights.ts';
import { CONTROL_MODES } from '../models/control/scales.ts';
import { record } from './passes-choice.ts';

/** More than any card has room for. */
export const MOST_UNITS = 10;

export interface ControlUnitChoice extends Omit<
  ControlUnit,
  'picture' | 'mask' | 'region' | 'outputWeights'
> {
  readonly enabled: boolean;
}

const { picture, mask, region, outputWeights, ...PLAIN } = DEFAULT_CONTROL_UNIT;
export const NEW_UNIT: ControlUnitChoice = { ...PLAIN, enabled: true };

/** What a unit is shown, and what is drawn on it. */
export interface UnitPicture {
  readonly picture: SourcePicture;
  readonly mask: SourcePicture | null;
}

/** Those that are on and have the model that they need. `pictures`: of each of `units`. */
export function controlUnitsOf(
  units: readonly ControlUnitChoice[],
  pictures: readonly (UnitPicture | null)[],
): readonly ControlUnit[] {
  return units.flatMap(({ enabled, ...unit }, index) =>
    enabled && (unit.model !== NO_MODEL || isReference(unit.module))
      ? [{ ...unit, region, outputWeights, ...(pictures[index] ?? { picture, mask }) }]
      : [],
  );
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  resizeMode: HINT_RESIZE_MODES,
  controlMode: CONTROL_MODES,
  hiresOption: HIRES_OPTIONS,
  weightType: WEIGHT_TYPES,
};

/** Out of anything: each field is taken that is of its kind, or else is the extension's default. */
export function parseControlUnits(stored: unknown): readonly ControlUnitChoice[] {
  const list = Array.isArray(stored) ? stored.slice(0, MOST_UNITS) : [];
  return list.map((one) => {
    const from = record(one);
    const read = Object.entries(NEW_UNIT).map(([key, usual]) => {
      const value = from[key];
      const fits = typeof value === typeof usual && (CHOICES[key]?.includes(String(value)) ?? true);
      return [key, fits ? value : usual] as const;
    });
    return Object.fromEntries(read) as unknown as ControlUnitChoice;
  });
}
