// The networks of every tiny model of the reference data on WebGPU: right numbers, and nothing left to the CPU.
import { expect, test, type Page } from '@playwright/test';
import { listReference, readReferenceJson, tinyModels } from '../tests/reference-dir.ts';
import type {} from './harness/harness.d.ts';
import type { NetworkName } from './harness/worker.ts';

/** Which file of expected numbers tells of a network. */
const EXPECTED: Readonly<Record<NetworkName, string>> = {
  text: 'text.safetensors',
  unet: 'unet.safetensors',
  'vae-encoder': 'vae.safetensors',
  'vae-decoder': 'vae.safetensors',
};

/** The text encoder may leave a node to the CPU; it runs once a prompt. */
const GPU_ONLY: readonly NetworkName[] = ['unet', 'vae-encoder', 'vae-decoder'];

for (const model of tinyModels()) {
  test.describe(model, () => {
    for (const [network, file] of Object.entries(EXPECTED) as [NetworkName, string][]) {
      test(`${network} computes the reference's numbers`, async ({ page, baseURL }) => {
        test.skip(!listReference('models', model).includes(file), `the reference data has no ${file}`);
        await openModel(page, `${String(baseURL)}/reference/models/${model}/`, model);
        const url = `${String(baseURL)}/reference/models/${model}/${file}`;
        const comparisons = await page.evaluate(([network, url]) => window.harness.compare(network, url), [
          network,
          url,
        ] as const);
        expect(comparisons.length).toBeGreaterThan(0);
        const worst = comparisons.reduce((a, b) => (b.error / b.limit > a.error / a.limit ? b : a));
        test
          .info()
          .annotations.push({ type: 'worst', description: `${worst.name}: ${worst.error.toExponential(1)}` });
        expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
      });
    }

    for (const network of GPU_ONLY) {
      test(`${network} leaves no node to the CPU`, async ({ page, baseURL }) => {
        await openModel(page, `${String(baseURL)}/reference/models/${model}/`, model);
        const log = await page.evaluate((network) => window.harness.placement(network), network);
        // Every node of the graph, or this line is not there and others say which nodes went where.
        expect(log.join('\n')).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
        expect(log.join('\n')).not.toMatch(/CPUExecutionProvider/);
      });
    }
  });
}

async function openModel(page: Page, folder: string, model: string): Promise<void> {
  const { checkpoint } = readReferenceJson<{ checkpoint: string }>('models', model, 'index.json');
  const sidecar = checkpoint.replace(/\.[^.]+\.gz$|\.[^.]+$/, '.yaml');
  await page.goto('/harness/');
  const refusal = await page.evaluate(
    ([folder, checkpoint, sidecar]) => window.harness.open(folder, checkpoint, sidecar),
    [folder, checkpoint, sidecar] as const,
  );
  test.skip(refusal !== null, String(refusal));
}
