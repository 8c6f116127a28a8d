import { expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import type { GenerationEvent } from '../generation/run/events.ts';
import { queueTimeLeft, runTime, SpeedMeter, workOf } from './run-time.ts';

const request = { ...DEFAULT_PARAMETERS, steps: 10, width: 64, height: 64, batchSize: 2, batchCount: 3 };
const start = { request: 0, pictures: 0 };

it('counts what is left of a job', () => {
  const whole = workOf({ requests: [request], position: start });
  // Each step asks for the prompt and for the negative prompt.
  expect(whole).toBe(2 * 10 * 64 * 64 * 6);
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

const step = (batch: number, at: number, remainingMs: number | null = 1): [number, GenerationEvent] => [
  at,
  { type: 'step', part: null, batch, batchCount: 3, step: 1, steps: 10, elapsedMs: 0, remainingMs },
];
const image = (at: number, interrupted = false): [number, GenerationEvent] => [
  at,
  { type: 'image', id: '', png: new Blob(), seed: 1, parameters: '', interrupted, index: 0 },
];

function measure(events: readonly [number, GenerationEvent][], of = request) {
  let now = 0;
  const meter = new SpeedMeter(of, () => now);
  for (const [at, event] of events) {
    now = at;
    meter.receive(event);
  }
  return meter.speed;
}

it('tells how long a run takes from how long its like took', () => {
  // 200 ms a step and 500 ms a picture, but for the first step, a pause and what lies between two batches.
  const speed = measure([
    step(0, 9000, null),
    step(0, 9200),
    step(0, 9400),
    step(0, 9600),
    step(0, 70_000),
    image(70_500),
    image(71_000),
    step(1, 75_000),
    step(1, 75_200),
    image(75_700),
  ])!;
  expect(runTime(request, speed)).toBeCloseTo(3 * (10 * 200 + 2 * 500));
  expect(runTime({ ...request, width: 128, batchCount: 1 }, speed)).toBeCloseTo(2 * (10 * 200 + 2 * 500));
  expect(runTime({ ...request, cfgScale: 1 }, speed)).toBeCloseTo(3 * (10 * 100 + 2 * 500));
  expect(runTime({ ...request, sampler: 'Heun' }, speed)).toBeCloseTo(3 * (10 * 400 + 2 * 500));
});

it('measures the same speed with other settings', () => {
  const of = { ...request, sampler: 'Heun', cfgScale: 1, steps: 4, batchCount: 1, batchSize: 1 };
  const speed = measure([step(0, 0, null), step(0, 200), image(450)], of)!;
  expect(runTime(of, speed)).toBeCloseTo(4 * 200 + 250);
});

it('knows no speed where it saw too little', () => {
  expect(measure([])).toBeNull();
  expect(measure([step(0, 9000, null), image(9500)])).toBeNull();
  // What is only repeated after a loss, and a picture that was cut short.
  expect(measure([step(0, 1, null), step(0, 2, null), step(0, 3, null), image(500)])).toBeNull();
  expect(measure([step(0, 0, null), step(0, 200), image(450, true)])).toBeNull();
});
