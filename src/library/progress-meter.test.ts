import { expect, it } from 'vitest';
import type { ImportProgress } from './import-types.ts';
import { ProgressMeter } from './progress-meter.ts';

it('gives the rate of the last seconds and the time left', () => {
  let time = 0;
  const reports: ImportProgress[] = [];
  const meter = new ProgressMeter(
    10_000,
    (progress) => reports.push(progress),
    () => time,
  );
  for (const [at, done] of [
    [0, 0],
    [1000, 5000],
    [2000, 5100],
    [7000, 5600],
  ] as const) {
    time = at;
    meter.report('converting', done);
  }
  expect(reports[0]).toMatchObject({ rate: 0, remainingMs: null });
  // The fast first second has left the window: 100 bytes a second since 2000 ms.
  expect(reports.at(-1)).toMatchObject({ rate: 100, remainingMs: 44_000 });
});

it('does not report more often than a person can read, except when asked to', () => {
  let time = 0;
  let count = 0;
  const meter = new ProgressMeter(
    100,
    () => count++,
    () => time,
  );
  for (time = 0; time < 100; time++) meter.report('converting', time);
  expect(count).toBe(1);
  meter.report('finishing', 100, true);
  expect(count).toBe(2);
});
