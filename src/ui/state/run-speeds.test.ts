import { expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import type { StoredModel } from '../../library/types.ts';
import { runTime } from '../run-time.ts';
import { parseSpeeds } from '../stored-settings.ts';
import { MAX_SPEEDS, RunSpeeds, type Speeds } from './run-speeds.ts';

const model = (kind: string, modelChannels: number) =>
  ({ detection: { kind, networks: { unet: { modelChannels } } } }) as unknown as StoredModel;
const sd1 = model('sd1', 320);

it('tells what was measured on the same device with the same kind of model, and nothing else', () => {
  const settings: { speeds: Speeds } = { speeds: {} };
  let gpu: string | null = 'one';
  const speeds = new RunSpeeds(settings, () => gpu);
  const estimate = (of = sd1, processor: 'gpu' | 'cpu' = 'gpu') =>
    speeds.estimate(of, processor, DEFAULT_PARAMETERS);
  expect(estimate()).toBeNull();
  const speed = { step: 1e-4, picture: 1e-3 };
  speeds.keep(sd1, 'gpu', speed);
  expect(estimate()).toBeCloseTo(runTime(DEFAULT_PARAMETERS, speed));
  expect(estimate(sd1, 'cpu')).toBeNull();
  expect(estimate(model('sd1', 32))).toBeNull();
  expect(estimate(model('sd2', 320))).toBeNull();
  gpu = 'two';
  expect(estimate()).toBeNull();

  // The latest counts, and old ones give way.
  gpu = 'one';
  speeds.keep(sd1, 'gpu', { step: 2e-4, picture: 2e-3 });
  expect(estimate()).toBeCloseTo(2 * runTime(DEFAULT_PARAMETERS, speed));
  for (let i = 0; i < MAX_SPEEDS; i++) speeds.keep(model('sd1', i), 'gpu', speed);
  expect(Object.keys(settings.speeds)).toHaveLength(MAX_SPEEDS);
  expect(estimate()).toBeNull();
  expect(parseSpeeds(structuredClone(settings.speeds))).toEqual(settings.speeds);
});

it('reads stored speeds, and passes over what is none', () => {
  const speed = { step: 1e-4, picture: 0.5 };
  const stored = {
    good: speed,
    negative: { step: -1, picture: 1 },
    endless: { step: Infinity, picture: 1 },
    text: { step: '1', picture: 1 },
    half: { step: 1 },
    none: null,
    [`${'x'.repeat(300)}`]: speed,
  };
  expect(parseSpeeds(stored)).toEqual({ good: speed });
  for (const other of [undefined, null, 7, 'x', [speed], JSON.parse('{"__proto__":{"step":1}}')]) {
    expect(parseSpeeds(other)).toEqual({});
  }
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [String(i), speed]));
  expect(Object.keys(parseSpeeds(many))).toHaveLength(MAX_SPEEDS);
});
