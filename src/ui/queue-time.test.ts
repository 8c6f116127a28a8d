import { expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../generation/types.ts';
import { queueTimeLeft, workOf } from './queue-time.ts';

const request = { ...DEFAULT_PARAMETERS, steps: 10, width: 64, height: 64, batchSize: 2, batchCount: 3 };
const start = { request: 0, pictures: 0 };

it('counts what is left of a job', () => {
  const whole = workOf({ requests: [request], position: start });
  expect(whole).toBe(10 * 64 * 64 * 6);
  expect(workOf({ requests: [request], position: { request: 0, pictures: 2 } })).toBeCloseTo((whole * 4) / 6);
  expect(workOf({ requests: [request, request], position: { request: 1, pictures: 3 } })).toBe(whole / 2);
  expect(workOf({ requests: [request], position: { request: 1, pictures: 0 } })).toBe(0);
});

it('goes by the speed of the running job', () => {
  const waiting = [
    { requests: [{ ...request, width: 128 }], position: start },
    { requests: [request], position: { request: 0, pictures: 3 } },
  ];
  // A quarter of the job takes 5 s, so all of it takes 20 s.
  expect(queueTimeLeft({ requests: [request] }, { ms: 5000, fraction: 0.75 }, waiting)).toBeCloseTo(
    5000 + 40000 + 10000,
  );
});

it('says nothing before it knows', () => {
  expect(queueTimeLeft(null, { ms: 5000, fraction: 0.5 }, [])).toBeNull();
  expect(queueTimeLeft({ requests: [request] }, { ms: null, fraction: 0.1 }, [])).toBeNull();
  expect(queueTimeLeft({ requests: [request] }, { ms: 0, fraction: 1 }, [])).toBeNull();
});
