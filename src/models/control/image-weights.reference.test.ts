// Weights of IP-Adapters by block, as Mikubill's extension spreads them (control/units.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { imageWeights, WEIGHT_TYPES } from './image-weights.ts';

type Weights = Readonly<Record<string, Readonly<Record<'SD1x' | 'SDXL', readonly number[]>>>>;

const curves: Weights = listReference('control').includes('units.json')
  ? readReferenceJson<{ readonly ip_weights: Weights }>('control', 'units.json').ip_weights
  : {};

describe.skipIf(Object.keys(curves).length === 0)('weights of blocks', () => {
  it('are those of every type', () => {
    expect([...WEIGHT_TYPES].sort()).toEqual(Object.keys(curves).sort());
  });

  it.each(Object.entries(curves))('%s', (name, expected) => {
    const type = WEIGHT_TYPES.find((one) => one === name)!;
    const weight = curves['normal']!.SD1x[0]!;
    // Where composition weighs for itself: what it weighs in SDXL.
    const composition = curves['style and composition']!.SDXL.find((one) => one !== 0 && one !== weight)!;
    for (const [version, family] of [
      ['SD1x', 'sd1'],
      ['SDXL', 'sdxl'],
    ] as const) {
      const made = imageWeights(type, weight, composition, family);
      expect(made).toHaveLength(expected[version].length);
      made.forEach((one, i) => expect(one).toBeCloseTo(expected[version][i]!, 12));
    }
  });
});
