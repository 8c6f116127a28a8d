import { expect, it } from 'vitest';
import { TimeLeft } from './time-left.ts';

it('judges by the steps after the first one', () => {
  let now = 1000;
  const time = new TimeLeft(10, () => now);
  now = 6000;
  expect(time.update(1)).toBeNull();
  now = 6200;
  expect(time.update(2)).toBe(8 * 200);
  now = 6900;
  expect(time.update(4)).toBe(6 * 300);
  expect(time.elapsedMs).toBe(5900);
});
