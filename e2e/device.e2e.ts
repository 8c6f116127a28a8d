// The device that all networks share. The start-up self-test of attention: trusted devices compute right, and devices that
// compute wrongly are found out.
import { expect, test } from '@playwright/test';
import type {} from './harness/harness.d.ts';

test('attention is right on the device that the app opens', async ({ page }) => {
  await page.goto('/harness/');
  expect(await page.evaluate(() => window.harness.openedDeviceIsRight())).toBe(true);
});

test('the self-test finds the fault of subgroups with few lanes', async ({ page }) => {
  await page.goto('/harness/');
  const verdict = await page.evaluate(() => window.harness.attentionWithSubgroups());
  // The fault is that of a kind of adapter, SwiftShader among them; others cannot show it.
  test.skip(verdict.lanes === null, 'this adapter has no subgroups');
  test.skip((verdict.lanes ?? 0) > 8, 'only 4 and 8 lanes are known to be computed wrongly');
  expect(verdict.right).toBe(false);
});

test("onnxruntime hands its shaders to the app's own device, where their sums can be changed", async ({
  page,
}) => {
  await page.goto('/harness/');
  expect(await page.evaluate(() => window.harness.shadersSeen())).toBeGreaterThan(0);
});
