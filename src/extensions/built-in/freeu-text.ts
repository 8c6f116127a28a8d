// FreeU's fields in parameters texts: its stages as JSON, as Python writes it, with what differs from no change at all.
import { fittingValues, type Control, type ControlValue, type ExtensionValues } from '../controls.ts';
import type { ExtensionText, TextFields } from '../text.ts';

const STAGES = 'FreeU Stages';
const SCHEDULE = 'FreeU Schedule';
const VERSION = 'FreeU Version';

/** By their names there, in its order: our keys, and the values that are left out. */
const FACTORS = [
  ['backbone_factor', 'backbone', 1],
  ['skip_factor', 'skip', 1],
  ['backbone_offset', 'offset', 0],
  ['backbone_width', 'width', 0.5],
  ['skip_cutoff', 'cutoff', 0],
  ['skip_high_end_factor', 'high', 1],
] as const;
const COUNT = 3;
const TIMES = ['start', 'stop', 'smoothness'] as const;

export function freeuText(controls: readonly Control[]): ExtensionText {
  return {
    reads: (name, value) => {
      if (name === STAGES) return stagesFrom(value) !== null;
      if (name === SCHEDULE) return scheduleFrom(value) !== null;
      return name === VERSION && (value === '1' || value === '2');
    },
    write: (values) => ({
      [STAGES]: stagesText(values),
      [SCHEDULE]: TIMES.map((key) => float(Number(values[key]))).join(', '),
      [VERSION]: values['version'] === 'Version 1' ? '1' : '2',
    }),
    read: (fields: TextFields) => {
      const stages = STAGES in fields ? stagesFrom(String(fields[STAGES])) : null;
      if (!stages) return null;
      const version = String(fields[VERSION] ?? '1') === '1' ? 'Version 1' : 'Version 2';
      const schedule = scheduleFrom(String(fields[SCHEDULE] ?? '0.0, 1.0, 0.0'));
      return fittingValues(controls, { ...stages, ...schedule, version });
    },
  };
}

function stagesText(values: ExtensionValues): string {
  const stages = Array.from({ length: COUNT }, (_, i) =>
    FACTORS.flatMap(([name, key, standard]) => {
      const value = Number(values[`${key}${i}`]);
      return value === standard ? [] : [`"${name}": ${value}`];
    }),
  );
  const last = stages.findLastIndex((stage) => stage.length > 0);
  return `[${stages
    .slice(0, last + 1)
    .map((stage) => `{${stage.join(', ')}}`)
    .join(', ')}]`;
}

/** Null where it says something else. What a stage leaves out is no change. */
function stagesFrom(text: string): Record<string, ControlValue> | null {
  let stages: unknown;
  try {
    stages = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(stages) || stages.length > COUNT) return null;
  const known = new Set<string>(FACTORS.map(([name]) => name));
  const values: Record<string, ControlValue> = {};
  for (let i = 0; i < COUNT; i++) {
    const stage: unknown = stages[i] ?? {};
    if (typeof stage !== 'object' || stage === null || Array.isArray(stage)) return null;
    const told = new Map<string, unknown>(Object.entries(stage));
    if ([...told].some(([name, value]) => !known.has(name) || typeof value !== 'number')) return null;
    for (const [name, key, standard] of FACTORS) values[`${key}${i}`] = Number(told.get(name) ?? standard);
  }
  return values;
}

function scheduleFrom(text: string): Record<string, number> | null {
  const numbers = text.split(',').map((part) => Number(part.trim() || NaN));
  const fits = numbers.length === TIMES.length && numbers.every((value) => value >= 0 && value <= 1);
  return fits ? Object.fromEntries(TIMES.map((key, i) => [key, numbers[i]!])) : null;
}

/** As Python writes a float. */
function float(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
