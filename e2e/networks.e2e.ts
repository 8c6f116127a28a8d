// The networks of the reference data's tiny models on WebGPU: right numbers for each kind of model, and nothing left to the CPU
// for any.
import { expect, test, type Page } from '@playwright/test';
import { firstOfEachKind, listReference, readReferenceJson, tinyModels } from '../tests/reference-dir.ts';
import { tinyVaeFolders } from '../tests/tiny-vae.ts';
import type { MergingCase } from '../tests/merged-tokens.ts';
import type {} from './harness/harness.d.ts';
import type { NetworkName } from './harness/worker.ts';

/** Which file of expected numbers tells of a network. */
const EXPECTED: Readonly<Record<Exclude<NetworkName, 'tiny-decoder'>, string>> = {
  text: 'text.safetensors',
  unet: 'unet.safetensors',
  'vae-encoder': 'vae.safetensors',
  'vae-decoder': 'vae.safetensors',
};

/** The text encoder may leave a node to the CPU; it runs once a prompt. */
const GPU_ONLY: readonly NetworkName[] = ['unet', 'vae-encoder', 'vae-decoder'];

/** The first model whose VAE can be run and has expected numbers. */
const VAE_MODEL = tinyModels().find((model) =>
  listReference('models', model).includes(EXPECTED['vae-decoder']),
);

/** The first model whose UNet has attention at full size. */
const MERGING_MODEL = tinyModels().find((model) =>
  readReferenceJson<{ unet: { attention_resolutions: number[] } }>(
    'models',
    model,
    'config.json',
  ).unet.attention_resolutions.includes(1),
);
const RUNS = ['sdxl', 'runs'];

/** The others have the same layers in other sizes, and all are computed on the CPU in unit tests. */
const shown = firstOfEachKind();

for (const model of tinyModels()) {
  test.describe(model, () => {
    let page: Page;
    let refusal: string | null;
    test.describe.configure({ mode: 'default' });

    // One page for all tests of a model: importing it and starting the GPU takes longer than most of them.
    test.beforeAll(async ({ browser, baseURL }) => {
      page = await browser.newPage();
      await page.goto(`${String(baseURL)}/harness/`);
      const { checkpoint } = readReferenceJson<{ checkpoint: string }>('models', model, 'index.json');
      const sidecar = checkpoint.replace(/(\.[^.]+)(\.gz)?$/, '.yaml');
      refusal = await page.evaluate(
        ([folder, checkpoint, sidecar]) => window.harness.open(folder, checkpoint, sidecar),
        [`${String(baseURL)}/reference/models/${model}/`, checkpoint, sidecar] as const,
      );
    });
    test.beforeEach(() => {
      expect(refusal).toBeNull();
    });
    test.afterAll(() => page.close());

    for (const [network, file] of Object.entries(EXPECTED) as [keyof typeof EXPECTED, string][]) {
      test(`${network} computes the reference's numbers`, async ({ baseURL }) => {
        // The models' VAEs differ in their sizes alone; on the CPU all of them are computed (vae.reference.test.ts).
        test.skip(network.startsWith('vae') && model !== VAE_MODEL, `${VAE_MODEL} shows that the VAE works`);
        test.skip(
          network === 'unet' && !shown.has(model),
          'another model of its kind shows that its UNet works',
        );
        // Not every model of the reference data was run through every network.
        test.skip(!listReference('models', model).includes(file), `the reference data has no ${file}`);
        const url = `${String(baseURL)}/reference/models/${model}/${file}`;
        const comparisons = await page.evaluate(([network, url]) => window.harness.compare(network, url), [
          network,
          url,
        ] as const);
        expect(comparisons.length).toBeGreaterThan(0);
        expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
      });
    }

    test("our own kernels compute the UNet's numbers", async ({ baseURL }) => {
      test.skip(model !== tinyModels()[0], 'one is enough here: all are computed in float16 in Node');
      const url = `${String(baseURL)}/reference/models/${model}/${EXPECTED.unet}`;
      const comparisons = await page.evaluate((url) => window.harness.compareOwnUNet(url), url);
      expect(comparisons.length).toBeGreaterThan(0);
      expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
    });

    test('vae-decoder in tiles computes the same numbers', async ({ baseURL }) => {
      test.skip(model !== VAE_MODEL, `${VAE_MODEL} shows that the operators work`);
      const url = `${String(baseURL)}/reference/models/${model}/${EXPECTED['vae-decoder']}`;
      const comparisons = await page.evaluate((url) => window.harness.compareTile(url), url);
      expect(comparisons.length).toBeGreaterThan(0);
      expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
    });

    test("token merging computes the reference's numbers, and leaves no node to the CPU", async ({
      baseURL,
    }) => {
      test.skip(model !== MERGING_MODEL, `${MERGING_MODEL} shows that token merging works`);
      test.skip(!listReference(...RUNS).includes('small.json'), 'the reference data has no small.json');
      const { token_merging: cases } = readReferenceJson<{ token_merging: MergingCase[] }>(
        ...RUNS,
        'small.json',
      );
      const url = `${String(baseURL)}/reference/${RUNS.join('/')}/small.safetensors.gz`;
      const comparisons = await page.evaluate(([cases, url]) => window.harness.compareMerging(cases, url), [
        cases,
        url,
      ] as const);
      expect(comparisons).toHaveLength(2 * cases.length);
      expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
      const log = (await page.evaluate(() => window.harness.placement('merging-unet'))).join('\n');
      expect(log).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    });

    test('tiling leaves the vae-decoder no edges, and no node to the CPU', async () => {
      test.skip(model !== VAE_MODEL, `${VAE_MODEL} shows that the operators work`);
      const comparisons = await page.evaluate(() => window.harness.compareShifted());
      expect(comparisons).toHaveLength(1);
      expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
      const log = (await page.evaluate(() => window.harness.placement('circular-unet'))).join('\n');
      expect(log).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    });

    for (const network of GPU_ONLY) {
      test(`${network} leaves no node to the CPU`, async () => {
        const log = (await page.evaluate((network) => window.harness.placement(network), network)).join('\n');
        // One line for the whole graph; with nodes elsewhere there are several, one a provider.
        expect(log).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
        expect(log).not.toMatch(/CPUExecutionProvider\]/);
      });
    }
  });
}

for (const folder of tinyVaeFolders) {
  test(`${folder}: the tiny decoder computes the reference's numbers, and leaves no node to the CPU`, async ({
    page,
    baseURL,
  }) => {
    await page.goto(`${String(baseURL)}/harness/`);
    const url = `${String(baseURL)}/reference/models/${folder}/`;
    const file = listReference('models', folder).find((name) => name.includes('decoder'))!;
    expect(
      await page.evaluate(([url, file]) => window.harness.open(url, file, null), [url, file] as const),
    ).toBeNull();
    const comparisons = await page.evaluate(
      (expected) => window.harness.compare('tiny-decoder', expected),
      `${url}expected.safetensors`,
    );
    expect(comparisons.length).toBeGreaterThan(0);
    expect(comparisons.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
    const log = (await page.evaluate(() => window.harness.placement('tiny-decoder'))).join('\n');
    expect(log).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
  });
}
