// Records of earlier versions draw the pictures they always drew.
import { expect, it } from 'vitest';
import { upToDate } from './older-records.ts';
import type { StoredModel } from './types.ts';

const recordWith = (encoder: object): StoredModel =>
  ({ sha256: 'a', detection: { networks: { textEncoders: [encoder] } } }) as unknown as StoredModel;

it('counts the layer that was left out among the others', () => {
  const old = recordWith({ type: 'open-clip', layers: 23, missingLayers: 1 });
  expect(upToDate(old)).toEqual(recordWith({ type: 'open-clip', layers: 24, absentLayers: [23] }));
});

it('leaves other records as they are', () => {
  const now = recordWith({ type: 'open-clip', layers: 24, absentLayers: [23] });
  expect(upToDate(now)).toBe(now);
  expect(upToDate(recordWith({ layers: 12, missingLayers: 0 }))).toEqual(recordWith({ layers: 12 }));
});
