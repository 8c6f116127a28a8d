// Parameters texts of ControlNet units, both ways, as Mikubill's extension 1.1.455 has them (control/units.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import {
  controlFromText,
  controlToText,
  readsControlField,
  unitFromText,
  unitToText,
} from './control-text.ts';
import { settledSliders } from './control-sliders.ts';
import { DEFAULT_CONTROL_UNIT, type ControlUnit } from './control-unit.ts';
import { parseInfotext } from './infotext/parse.ts';

type Fields = Readonly<Record<string, string | number | boolean>>;

interface Units {
  readonly units: readonly {
    readonly set: Fields;
    readonly text?: string;
    readonly read_back?: Fields | null;
    readonly raises?: string;
  }[];
  readonly pasted: readonly { readonly text: string; readonly updates: Fields }[];
}

const there = listReference('control').includes('units.json');
const { units, pasted } = there
  ? readReferenceJson<Units>('control', 'units.json')
  : { units: [], pasted: [] };

const FIELDS = {
  module: 'module',
  model: 'model',
  weight: 'weight',
  resize_mode: 'resizeMode',
  processor_res: 'processorRes',
  threshold_a: 'thresholdA',
  threshold_b: 'thresholdB',
  guidance_start: 'guidanceStart',
  guidance_end: 'guidanceEnd',
  pixel_perfect: 'pixelPerfect',
  control_mode: 'controlMode',
} as const satisfies Readonly<Record<string, keyof ControlUnit>>;

function unitOf(set: Fields): ControlUnit {
  const old = set['resize_mode'] === 'Envelope (Outer Fit)' ? { resize_mode: 'Resize and Fill' } : {};
  const entries = Object.entries({ ...set, ...old }).map(([name, value]) => [
    FIELDS[name as keyof typeof FIELDS],
    value,
  ]);
  return { ...DEFAULT_CONTROL_UNIT, ...Object.fromEntries(entries) };
}

/** As it counts, by their names. A resolution that is hidden is read as a whole number there. */
function told(unit: Omit<ControlUnit, 'picture' | 'mask' | 'region'>): Record<string, unknown> {
  const counts = { ...unit, ...settledSliders({ ...DEFAULT_CONTROL_UNIT, ...unit }) };
  return Object.fromEntries(
    Object.entries(FIELDS).map(([name, key]) => [
      name,
      name === 'processor_res' ? Math.trunc(Number(counts[key])) : counts[key],
    ]),
  );
}

describe.skipIf(!there)('units', () => {
  it.each(units.filter(({ text }) => text !== undefined))('$text', ({ set, text, read_back: back }) => {
    const unit = unitOf(set);
    expect(unitToText(unit)).toBe(text);
    if (text !== '') expect(told(unitFromText(text!)!)).toEqual(back);
  });

  it.each(units.filter(({ raises }) => raises !== undefined))('$raises', ({ set }) => {
    const titles = Object.entries(set).map(([name, value]) => {
      const title = name
        .split('_')
        .map((word) => word[0]!.toUpperCase() + word.slice(1))
        .join(' ');
      return `${title}: ${value}`;
    });
    expect(unitFromText(titles.join(', '))).toBeNull();
  });

  it.each(pasted)('$text', ({ text, updates }) => {
    const read = controlFromText(parseInfotext(text));
    const numbers = [...new Set(Object.keys(updates).map((key) => /^ControlNet (\d+) /.exec(key)![1]!))];
    expect(read).toHaveLength(numbers.length);
    for (const [index, number] of numbers.entries()) {
      const want = Object.entries(updates).flatMap(([key, value]) =>
        key.startsWith(`ControlNet ${number} `)
          ? [[key.slice(`ControlNet ${number} `.length), value] as const]
          : [],
      );
      expect(told(read[index]!)).toMatchObject(Object.fromEntries(want));
    }
  });

  it('counts units that are switched on, and leaves out what it cannot say', () => {
    const plain = { ...DEFAULT_CONTROL_UNIT, model: 'a [00000000]' };
    expect(Object.keys(controlToText([plain, { ...plain, model: 'a, b' }, plain]))).toEqual([
      'ControlNet 0',
      'ControlNet 2',
    ]);
  });
});

describe('pictures of units', () => {
  it('are told with what is drawn on them, and read back', () => {
    const shown = (digit: string) => ({ file: new Blob(), sha256: digit.repeat(64), size: null });
    const unit: ControlUnit = { ...DEFAULT_CONTROL_UNIT, model: 'a [00000000]', picture: shown('a') };
    const told = controlToText([unit, { ...unit, mask: shown('b') }]);
    const [first, second] = controlFromText(
      Object.fromEntries(Object.entries(told).map(([k, v]) => [k, String(v)])),
    );
    expect(first).toMatchObject({ maskHash: null });
    expect('a'.repeat(64).startsWith(first!.pictureHash!)).toBe(true);
    expect('b'.repeat(64).startsWith(second!.maskHash!)).toBe(true);
    for (const [name, value] of Object.entries(told))
      expect(readsControlField(name, String(value)), name).toBe(true);
  });
});
