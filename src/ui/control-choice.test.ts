// Stored units of anybody's making become units.
import { describe, expect, it } from 'vitest';
import { controlUnitsOf, MOST_UNITS, NEW_UNIT, parseControlUnits } from './control-choice.ts';

describe("ControlNet's units", () => {
  it('are read out of anything', () => {
    expect(parseControlUnits('x')).toEqual([]);
    expect(parseControlUnits([null, { weight: 'much', controlMode: 'Guess', module: 'canny' }])).toEqual([
      NEW_UNIT,
      { ...NEW_UNIT, module: 'canny' },
    ]);
    const unit = { ...NEW_UNIT, enabled: false, weight: 0.5, controlMode: 'ControlNet is more important' };
    expect(parseControlUnits([unit])).toEqual([unit]);
    expect(parseControlUnits(new Array(99).fill({}))).toHaveLength(MOST_UNITS);
  });

  it('count with what is drawn on their pictures, and references without a model', () => {
    const shown = (sha256: string) => ({ file: new Blob(), sha256, size: null });
    const [picture, mask] = [shown('a'), shown('b')];
    const units = [NEW_UNIT, { ...NEW_UNIT, module: 'reference_only' }];
    expect(controlUnitsOf(units, [null, { picture, mask }])).toEqual([
      expect.objectContaining({ module: 'reference_only', picture, mask }),
    ]);
  });

  it('count where they are on and have a model', () => {
    const model = 'a [00000000]';
    const units = [NEW_UNIT, { ...NEW_UNIT, model, enabled: false }, { ...NEW_UNIT, model, weight: 0.5 }];
    const asked = controlUnitsOf(units, []);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ model, weight: 0.5, picture: null });
    expect(asked[0]).not.toHaveProperty('enabled');
  });
});
