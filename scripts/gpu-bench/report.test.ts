import { expect, it } from 'vitest';
import { reportLines, warm } from './report.ts';
import type { Measurement, Report } from './types.ts';

const measurement = (more: Partial<Measurement>): Measurement => ({
  ...{ model: 'sd15', network: 'unet', precision: 'float16', how: 'plain', note: '' },
  ...{ load: 2000, cold: 5000, runs: [200, 100, 120], submit: [], kernels: [] },
  ...{ error: 1.5e-3, verdict: 'right', problem: null },
  ...more,
});

const report = (measurements: Measurement[], remarks: string[] = []): Report => ({
  ...{ when: '2026-01-02T03:04:05Z', minutes: 8, version: '0', elapsed: 61, remarks, measurements },
  device: {
    ...{ name: 'NVIDIA H100', vendor: 'nvidia', architecture: 'hopper', driver: 'NVIDIA H100: 580' },
    ...{ software: false, features: ['shader-f16', 'subgroups'], experimental: [], limits: {} },
    matrixUnits: [],
    subgroupSizes: [32, 32],
  },
  pytorch: null,
  networks: [
    {
      ...{ model: 'sd15', label: 'SD 1.5', network: 'unet', what: '512x512, batch 2' },
      ...{ flops: 1.6e12, weightBytes: 1.7e9 },
    },
  ],
});

const row = (lines: readonly string[]) =>
  lines
    .find((line) => line.startsWith('| SD 1.5'))!
    .split('|')
    .map((cell) => cell.trim());

it('takes the middle of the warm runs', () => {
  expect(warm({ runs: [200, 100, 120] })).toBe(120);
  expect(warm({ runs: [] })).toBeNaN();
});

it('compares the quicker of ours with PyTorch, and with what the card can do', () => {
  const lines = reportLines(
    report([
      measurement({}),
      measurement({ how: 'subgroups', runs: [80] }),
      measurement({ how: 'pytorch', runs: [20], error: 1e-3 }),
    ]),
  );
  const cells = row(lines);
  expect(cells).toContain('120 ms');
  expect(cells).toContain('4.00x');
  // 1.6 TFLOP in 80 ms: 20 TFLOP/s, of 67.
  expect(cells).toContain('20.0');
  expect(cells).toContain('30 %');
});

it('tells our kernels from onnxruntime, and compares the quicker one', () => {
  const lines = reportLines(
    report([
      measurement({}),
      measurement({ how: 'own', runs: [60] }),
      measurement({ how: 'pytorch', runs: [20], error: 1e-3 }),
    ]),
  );
  const cells = row(lines);
  for (const text of ['60 ms', '120 ms', '0.50', '3.00x', '40 %']) expect(cells).toContain(text);
});

it('gives no time for wrong numbers', () => {
  const lines = reportLines(
    report([
      measurement({ how: 'subgroups', runs: [10], verdict: 'wrong', error: 0.7 }),
      measurement({}),
      measurement({ how: 'pytorch', runs: [20] }),
    ]),
  );
  expect(row(lines)).not.toContain('10 ms');
  expect(row(lines).filter((cell) => cell === 'WRONG')).toHaveLength(2);
  expect(row(lines)).toContain('6.00x');
});

it('stays short, whatever happened', () => {
  const kernels = Array.from({ length: 40 }, (_, i) => ({ kernel: `Conv ${i}`, calls: 1, milliseconds: 1 }));
  const remarks = Array.from({ length: 200 }, () => 'x'.repeat(1000));
  const lines = reportLines(report([measurement({ kernels })], remarks));
  expect(lines.length).toBeLessThan(60);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(400);
  expect(reportLines({ ...report([]), device: null, networks: [] }).join('\n')).toMatch(
    /Nothing was measured/,
  );
});
