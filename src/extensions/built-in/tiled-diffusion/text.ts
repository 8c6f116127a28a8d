// Tiled Diffusion's field in parameters texts: a JSON object, as the original writes it.
import type { ControlValue, ExtensionValues } from '../../controls.ts';
import type { ExtensionText } from '../../text.ts';
import { regionKey, REGIONS, settingsOf, type Region } from './settings.ts';

const FIELD = 'Tiled Diffusion';

/** Control and name, in the original's order. */
const NAMES = [
  ['method', 'Method'],
  ['tileWidth', 'Tile tile width'],
  ['tileHeight', 'Tile tile height'],
  ['overlap', 'Tile Overlap'],
  ['batchSize', 'Tile batch size'],
] as const;

const REGION_CONTROL = 'Region control';
/** Ours: the original does not tell it. */
const BACKGROUND = 'Draw full canvas background';
const REGION_NAMES: readonly (readonly [keyof Region | 'enable', string])[] = [
  ...(['enable', 'x', 'y', 'w', 'h', 'prompt'] as const).map((name) => [name, name] as const),
  ...([
    ['negativePrompt', 'neg_prompt'],
    ['blendMode', 'blend_mode'],
    ['feather', 'feather_ratio'],
  ] as const),
];

export const tiledDiffusionText: ExtensionText = {
  reads: (name, value) => name === FIELD && objectOf(value) !== null,
  write: (values) => ({ [FIELD]: pythonJson(told(values)) }),
  read: (fields) => {
    const said = objectOf(fields[FIELD]);
    if (!said) return null;
    const values: Record<string, ControlValue> = {};
    const take = (key: string, value: unknown): void => {
      if (['string', 'number', 'boolean'].includes(typeof value)) values[key] = value as ControlValue;
    };
    for (const [key, name] of NAMES) take(key, said[name]);
    const regions = objectOf(said[REGION_CONTROL]);
    values['regionControl'] = regions !== null;
    if (!regions) return values;
    take('background', said[BACKGROUND]);
    for (let i = 0; i < REGIONS; i += 1) {
      const region = objectOf(regions[`Region ${i + 1}`]) ?? {};
      for (const [key, name] of REGION_NAMES) take(regionKey(i, key), region[name]);
    }
    return values;
  },
};

/** Of a JSON text, or an object out of one. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  let found: unknown = value;
  if (typeof value === 'string')
    try {
      found = JSON.parse(value);
    } catch {
      return null;
    }
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? (found as Readonly<Record<string, unknown>>)
    : null;
}

/** What Python has for a fraction, though it be whole. */
class Fraction {
  constructor(readonly value: number) {}
}

type Told = ControlValue | Fraction | { readonly [name: string]: Told };

function told(values: ExtensionValues): Told {
  const { regions } = settingsOf(values);
  const enabled = Array.from({ length: REGIONS }, (_, i) => i).filter(
    (i) => values[regionKey(i, 'enable')] === true,
  );
  const own = Object.fromEntries(NAMES.map(([key, name]) => [name, values[key]!]));
  if (regions.length === 0) return own;
  const regionControl = Object.fromEntries(
    enabled.map((i) => [
      `Region ${i + 1}`,
      {
        ...Object.fromEntries(
          REGION_NAMES.map(([key, name]): [string, Told] => {
            const value = values[regionKey(i, key)]!;
            return [name, typeof value === 'number' ? new Fraction(value) : value];
          }),
        ),
        // It has no effect in webui 1.10.1, and none here.
        seed: -1,
      },
    ]),
  );
  return { ...own, [REGION_CONTROL]: regionControl, [BACKGROUND]: values['background']! };
}

/** As Python's json.dumps writes it. */
function pythonJson(value: Told): string {
  if (value instanceof Fraction)
    return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([name, inner]) => `${JSON.stringify(name)}: ${pythonJson(inner)}`,
  );
  return `{${entries.join(', ')}}`;
}
