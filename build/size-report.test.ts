import { expect, it } from 'vitest';
import { overBudget, partsOf, table, type WeighedFile } from './size-report.ts';

const file = (path: string, raw: number, gzip: number | null = raw / 2): WeighedFile => ({ path, raw, gzip });

const FILES = [
  file('index.html', 1000),
  file('assets/index-1.css', 3000),
  file('assets/index-1.js', 200_000),
  file('assets/shared-1.js', 80_000),
  file('assets/metadata-1.js', 8000),
  file('assets/engine-1.js', 300_000),
  file('assets/tokenizer-1.js', 600_000),
  file('assets/ort-wasm.wasm', 26_000_000),
  file('service-worker.js', 18_000),
  file('demo/demo.safetensors', 40_000_000, null),
  file('icons/darkroom.svg', 500),
];
const INITIAL = new Set(['assets/index-1.js', 'assets/shared-1.js']);

it('sorts every file into one part', () => {
  const parts = partsOf(FILES, INITIAL);
  expect(parts.reduce((sum, { files }) => sum + files, 0)).toBe(FILES.length);
  expect(parts.reduce((sum, { raw }) => sum + raw, 0)).toBe(FILES.reduce((sum, { raw }) => sum + raw, 0));
  expect(parts[0]).toEqual({
    name: 'Page: JavaScript before interaction',
    files: 2,
    raw: 280_000,
    gzip: 140_000,
  });
  expect(parts.find(({ name }) => name === 'Demo checkpoint')).toMatchObject({ gzip: 40_000_000 });
  expect(parts.map(({ name }) => name)).not.toContain('Worker: import');
});

it('prints a line a part', () => {
  expect(table(partsOf(FILES, INITIAL))).toMatch(/^Tokenizer +1 +600\.0 kB +300\.0 kB$/m);
});

it('complains above the budget and not at it', () => {
  const parts = partsOf(FILES, INITIAL);
  expect(overBudget(parts, { budget: 140_000 })).toBeNull();
  expect(overBudget(parts, { budget: 139_999 })).toMatch(/140\.0 kB .* 140 kB are allowed/);
});
