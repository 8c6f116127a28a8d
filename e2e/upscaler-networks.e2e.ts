// Upscalers of the reference data on WebGPU, one of each kind: right numbers, and nothing left to the CPU.
import { expect, test } from '@playwright/test';
import { expectedOf, loadUpscaler, upscalerCases, type UpscalerCase } from '../tests/upscalers.ts';
import type {} from './harness/harness.d.ts';

/** models/README.md of the reference data, "Tolerances". */
const TOLERANCE = 5e-5;

const cases = await upscalerCases();
const kinds = new Map<string, UpscalerCase>();
for (const one of cases) {
  const { label } = (await loadUpscaler(one)).detection;
  if (!kinds.has(label)) kinds.set(label, one);
}

for (const [label, one] of kinds) {
  test(`${label}: ${one.file}`, async ({ page, baseURL }) => {
    await page.goto(`${String(baseURL)}/harness/`);
    const url = `${String(baseURL)}/reference/${one.folder.join('/')}/`;
    const refusal = await page.evaluate(([url, file]) => window.harness.open(url, file, null), [
      url,
      one.file,
    ] as const);
    expect(refusal).toBeNull();
    const pairs = one.pairs(await expectedOf(one));
    const { errors, placement } = await page.evaluate(
      ([expected, pairs]) => window.harness.compareUpscaler(expected, pairs),
      [`${url}expected.safetensors`, pairs] as const,
    );
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toBeLessThan(TOLERANCE);
    expect(placement.join('\n')).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
  });
}
