// Upscalers of the reference data on WebGPU, one of each kind: right numbers, and nothing left to the CPU.
import { expect, test } from '@playwright/test';
import { expectedOf, loadUpscaler, upscalerCases, type UpscalerCase } from '../tests/upscalers.ts';
import type {} from './harness/harness.d.ts';

/** models/README.md of the reference data, "Tolerances". */
const TOLERANCE = 5e-5;

/** The one that enlarges least: Real-ESRGAN's folds the picture first. */
const kinds = new Map<string, UpscalerCase & { readonly scale: number }>();
for (const one of await upscalerCases()) {
  const { label, upscaler } = (await loadUpscaler(one)).detection;
  const kind = label.replace(/ x\d+/, '');
  const { scale } = upscaler!;
  const before = kinds.get(kind);
  if (scale > 1 && (!before || scale < before.scale)) kinds.set(kind, { ...one, scale });
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
