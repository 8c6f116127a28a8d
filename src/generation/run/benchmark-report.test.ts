import { expect, it } from 'vitest';
import {
  benchmarkReport,
  imagesPerMinute,
  loadRatio,
  seconds,
  typical,
  type BenchmarkResult,
} from './benchmark-report.ts';

const RESULT: BenchmarkResult = {
  version: '0.1.0',
  when: '2030-01-01T00:00:00.000Z',
  browser: 'Browser 1',
  device: { backend: 'webgpu', adapter: 'A GPU', shaderF16: true, subgroups: false, software: false },
  precision: 'float16',
  model: { label: 'Stable Diffusion 1.x', hash: '0123456789', storedSize: 2e9 },
  size: { width: 512, height: 512, batchSize: 2 },
  plan: { lowVram: false, tiledVae: true, bytes: 3.25e9, working: 1e9 },
  measured: {
    read: [4000],
    load: [10_000],
    text: [900, 100, 120, 80],
    unet: [5000, 240, 260],
    sampler: [1],
    preview: [2],
    vae: [2000, 500],
    png: [50],
  },
  gpuMemory: { unet: 2_345_000_000 },
};

it('takes the middle of the runs after the first', () => {
  expect(typical([900, 100, 120, 80])).toBe(100);
  expect(typical([5000, 240, 260])).toBe(250);
  expect(typical([7])).toBe(7);
  expect(typical([])).toBeNaN();
});

it('reckons images a minute: text once, twenty steps, and decoding for each picture of the batch', () => {
  const batch = 100 + 20 * (250 + 1 + 2) + 2 * (500 + 50);
  expect(imagesPerMinute(RESULT)).toBeCloseTo((2 * 60_000) / batch, 10);
  expect(loadRatio(RESULT)).toBe(2.5);
});

it('says everything that one needs to compare', () => {
  const report = benchmarkReport(RESULT, [['Import', '3 s', '', '', '2 x copying']]);
  for (const part of [
    'A GPU',
    'float16',
    'Browser 1',
    '512x512, batch size 2',
    '0123456789',
    '3.3 GB',
    'tiled VAE on',
  ]) {
    expect(report).toContain(part);
  }
  expect(report).toMatch(/\| UNet, one step +\| +5.00 s \| +250 ms \| +2345 MB \|/);
  expect(report).toMatch(/\| Reading the stored weights +\| +4.00 s \| +\| +\| +500 MB\/s \|/);
  expect(report).toMatch(/\| Loading the model +\| +10.0 s \| +\| +\| +2.50 x reading \|/);
  expect(report).toMatch(/\| Import +\| +3 s \| +\| +\| +2 x copying \|/);
  expect(report).toContain('**19.2 images a minute**');
  const lines = report.split('\n').filter((line) => line.startsWith('|'));
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

it('writes times with three digits', () => {
  expect([0.1234, 45.678, 999.4, 999.6, 1234, 99_940, 123_456].map(seconds)).toEqual([
    '0.123 ms',
    '45.7 ms',
    '999 ms',
    '1.00 s',
    '1.23 s',
    '99.9 s',
    '123 s',
  ]);
});
