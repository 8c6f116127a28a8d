// How the library keeps weights: tensors laid out in chunks, written to IndexedDB and read again (src/library/chunk-writer.ts).
import { expect, test } from '@playwright/test';
import type {} from './harness/harness.d.ts';

test('tensors come back as they were written, small ones together, large ones in parts', async ({ page }) => {
  await page.goto('/harness/');
  const sizes = [3, 8, 21, 5, 16, 1];
  const read = await page.evaluate((sizes) => window.harness.throughChunks(16, sizes), sizes);
  expect(read).toEqual(sizes.map((size) => Array.from({ length: size }, (_, i) => i + 1)));
});
