// What texts tell of ControlNet units beside what the extension's do.
import { describe, expect, it } from 'vitest';
import { controlFromText, controlToText, readsControlField } from './control-text.ts';
import { DEFAULT_CONTROL_UNIT } from './control-unit.ts';

const unit = { ...DEFAULT_CONTROL_UNIT, module: 'ip-adapter-auto', model: 'adapter [0123abcd]' };

describe('weights of blocks', () => {
  it('are told and read, where they are not the usual ones', () => {
    const weighed = { weightType: 'style and composition', compositionWeight: 0.3 } as const;
    const told = controlToText([unit, { ...unit, ...weighed }]);
    expect(Object.keys(told)).toEqual([
      'ControlNet 0',
      'ControlNet 1',
      'ControlNet 1 Weight Type',
      'ControlNet 1 Composition Weight',
    ]);
    const texts = Object.fromEntries(Object.entries(told).map(([name, value]) => [name, String(value)]));
    expect(Object.entries(texts).every(([name, value]) => readsControlField(name, value))).toBe(true);
    const { weightType, compositionWeight } = DEFAULT_CONTROL_UNIT;
    expect(controlFromText(texts)).toMatchObject([{ weightType, compositionWeight }, weighed]);
  });

  it.each([
    ['ControlNet 0 Weight Type', 'heavier'],
    ['ControlNet 0 Composition Weight', '2.5'],
    ['ControlNet 0 Composition Weight', 'some'],
    ['ControlNet 0 Other', '1'],
    ['ControlNet 20 Weight Type', 'normal'],
  ])('%s: %s is not read', (name, value) => {
    expect(readsControlField(name, value)).toBe(false);
  });
});
