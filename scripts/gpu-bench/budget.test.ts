import { expect, it } from 'vitest';
import { Budget, type Work } from './budget.ts';

const work = (more: Partial<Work> = {}): Work => ({
  ...{ worker: 'plain', flops: 2e12, weightBytes: 1e9, weight: 1 },
  ...more,
});

it('never gives more than is left, nor less than it takes to start', () => {
  const budget = new Budget(500);
  const later = Array.from({ length: 19 }, () => work());
  // A twentieth would be 25 s.
  expect(budget.allowance(0, work(), later)).toBeGreaterThanOrEqual(45);
  expect(budget.allowance(0, work(), later)).toBeLessThan(250);
  expect(budget.allowance(480, work(), later)).toBe(20);
  expect(budget.allowance(100, work(), [])).toBe(400);
  expect(budget.allowance(600, work(), later)).toBe(0);
});

it('gives heavier work more', () => {
  const budget = new Budget(1000);
  const later = Array.from({ length: 8 }, () => work());
  expect(budget.allowance(0, work({ weight: 3 }), later)).toBeGreaterThan(
    budget.allowance(0, work({ weight: 1 }), later),
  );
});

it('begins what it knows nothing of, and leaves out what would overrun', () => {
  const budget = new Budget(200);
  const large = work({ flops: 13e12, weightBytes: 5e9 });
  expect(budget.refusal(0, large)).toBeNull();
  // 0.1 TFLOP/s and 0.1 GB/s: 50 s of loading, 2 x 130 s of running.
  budget.learn(work({ flops: 1e12 }), { loading: 10, run: 10 });
  expect(budget.estimate(large)).toBeCloseTo(310);
  expect(budget.refusal(0, large)).toMatch(/310 s by what was seen, and 200 s were left/);
  expect(budget.refusal(0, work({ flops: 1e12 }))).toBeNull();
  // Another worker may be quicker.
  expect(budget.refusal(0, { ...large, worker: 'pytorch' })).toBeNull();
  expect(budget.refusal(195, work())).toMatch(/time was up/);
});

it('goes by the best that was seen', () => {
  const budget = new Budget(1000);
  budget.learn(work(), { loading: 10, run: null });
  expect(budget.estimate(work())).toBeCloseTo(10);
  budget.learn(work(), { loading: 2, run: 1 });
  budget.learn(work({ flops: 1e9 }), { loading: 20, run: 1 });
  expect(budget.estimate(work())).toBeCloseTo(2 + 2);
});
