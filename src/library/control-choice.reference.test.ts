// Names of control networks as Mikubill's extension finds them.
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { closestControl } from './control-choice.ts';

interface Units {
  readonly model_names: {
    readonly list: readonly string[];
    readonly find: Readonly<Record<string, string | null>>;
  };
}

const there = listReference('control').includes('units.json');

describe.skipIf(!there)('names of control networks', () => {
  const { list, find } = there
    ? readReferenceJson<Units>('control', 'units.json').model_names
    : { list: [], find: {} };
  it.each(Object.entries(find))('"%s"', (wanted, found) => {
    expect(closestControl(list, wanted)).toBe(found);
  });
});
