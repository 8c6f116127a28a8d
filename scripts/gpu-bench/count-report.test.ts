import { expect, it } from 'vitest';
import { countTable, ratioLine } from './count-report.ts';
import { COUNTED, WHOSE, type Counted } from './count.ts';

const counted = (scale: number): Counted => ({
  ...{ dispatches: 1000 * scale, bytesMoved: 8e9 * scale, flops: 1.6e12 },
  ...{ hostMs: 60 * scale, peakBytes: 2e9 * scale, weightBytes: 1e9 * scale },
});

it('sets both side by side, and ends with the ratios', () => {
  const [name, { label }] = Object.entries(COUNTED)[0]!;
  const all = new Map(WHOSE.map((whose) => [`${name} ${whose}`, counted(whose === 'own' ? 0.4 : 1)]));
  const lines = countTable(all).split('\n');
  expect(lines).toHaveLength(2 + WHOSE.length);
  expect(lines.find((line) => line.includes('own'))).toBe(
    `| ${label} | own | 400 | 3.20 | 1.60 | 24.00 | 800 | 400 |`,
  );
  expect(ratioLine(all.get(`${name} own`), all.get(`${name} onnxruntime`))).toBe(
    'ratio dispatches=0.40 bytesMoved=0.40 hostMs=0.40 peakBytes=0.40',
  );
});

it('says nothing where one is missing', () => {
  expect(ratioLine(undefined, counted(1))).toBeNull();
});
