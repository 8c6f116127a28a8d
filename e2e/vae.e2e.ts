// A VAE in a file of its own, and a tiny decoder: imported, chosen, in the picture's text, and chosen again by it.
import { expect, test, type Page } from '@playwright/test';
import type { ImageSettings } from '../src/generation/request/image-settings.ts';
import { DEFAULT_PARAMETERS } from '../src/generation/request/request.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint, makeTinyVae, makeVae } from './small-checkpoint.ts';

const TEXT = 'a lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 64x64';

test('a VAE file draws another picture, whose text chooses it again', async ({ page }, info) => {
  const folder = info.outputPath('models');
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(folder));
  const read = async (text: string) => {
    await darkroom.prompt.fill(text);
    await page.getByRole('button', { name: 'Read parameters' }).click();
    await expect(darkroom.prompt).not.toHaveValue(/Steps:/);
  };
  const setting = async (label: string, option: string) => {
    await darkroom.tab('Settings');
    await page.getByLabel(label, { exact: true }).selectOption(option);
    await darkroom.tab('txt2img');
  };
  await read(TEXT);
  const own = await darkroom.draw();

  await darkroom.pick([await makeVae(folder, 'other.safetensors', 7)]);
  await expect(darkroom.importOf('other.safetensors')).toContainText('Imported');
  // It is no checkpoint, and is not taken unasked.
  await expect(darkroom.checkpoint.getByRole('option')).toHaveCount(1);
  expect(await darkroom.draw()).toEqual(own);
  await darkroom.tab('Models');
  await page.getByRole('button', { name: 'Use other' }).click();
  await darkroom.tab('txt2img');
  const drawn = await darkroom.draw();
  expect(drawn).not.toEqual(own);
  await expect(darkroom.parameters).toContainText(/VAE hash: [0-9a-f]{10}, VAE: other\.safetensors/);
  const text = /a lighthouse.*Version: \S+/s.exec(await darkroom.parameters.innerText())![0];

  await setting('SD VAE', 'None');
  expect(await darkroom.draw()).toEqual(own);
  // Changing it loads nothing else.
  expect((await watched(page, { sdVae: 'other.safetensors' })).loaded).toEqual(['VAE']);
  await page.reload();
  await read(text);
  expect(await darkroom.draw()).toEqual(drawn);

  await read(`${TEXT}, VAE: gone.pt`);
  await expect(page.getByText(/Decoded with the VAE gone\.pt, which is not in your library/)).toBeVisible();
  expect(await darkroom.draw()).toEqual(own);
  await expect(page.getByText(/"gone\.pt" is not in the library/)).toBeVisible();

  await setting('SD VAE', 'Automatic');
  await darkroom.pick([await makeTinyVae(folder, 'decoder'), await makeTinyVae(folder, 'encoder')]);
  for (const half of ['decoder', 'encoder'])
    await expect(darkroom.importOf(`taesd_${half}.safetensors`)).toContainText('Imported');
  await setting('Live preview method', 'TAESD');
  await setting('VAE type for decode', 'TAESD');
  const { loaded, previews } = await watched(page, { livePreviewMethod: 'TAESD' });
  expect([loaded, previews]).toEqual([expect.arrayContaining(['TAESD']), ['64x64']]);
  const quick = await darkroom.draw();
  expect(quick).toHaveLength(own.length);
  expect(quick).not.toEqual(own);
  await expect(darkroom.parameters).toContainText('VAE Decoder: TAESD');

  const over = await watched(page, { vaeEncodeMethod: 'TAESD' }, true);
  expect(over.loaded).toContain('TAESD encoder');
  expect(over.text).toMatch(/VAE Encoder: TAESD/);
});

/**
 * What is told while a picture of 64 x 64 is drawn, over a red one if wanted: which networks are loaded, the sizes of previews,
 * and the picture's text.
 */
async function watched(page: Page, settings: Partial<ImageSettings>, overRed = false) {
  const parameters = { ...DEFAULT_PARAMETERS, img2img: null, seed: 1, steps: 1, width: 64, height: 64 };
  const asked = { ...parameters, settings: { ...parameters.settings, ...settings } };
  return page.evaluate(
    async ([asked, overRed]) => {
      const size = { width: 64, height: 64 };
      const canvas = new OffscreenCanvas(size.width, size.height);
      const context = canvas.getContext('2d')!;
      context.fillStyle = 'red';
      context.fillRect(0, 0, size.width, size.height);
      const source = { file: await canvas.convertToBlob(), sha256: '0'.repeat(64), size };
      const img2img = {
        source,
        resizeMode: 'Just resize',
        denoisingStrength: 0.5,
        imageCfgScale: 1.5,
        inpaint: null,
      } as const;
      const loaded = new Set<string>();
      const previews = new Set<string>();
      let text = '';
      const model = (await window.darkroom.listModels()).find(({ detection }) => detection.kind === 'sd1')!;
      await window.darkroom.generate(
        model.sha256,
        { ...asked, img2img: overRed ? img2img : null, hires: null, controlUnits: [] },
        true,
        (event) => {
          if (event.type === 'loading') loaded.add(event.what);
          if (event.type === 'preview') previews.add(`${event.width}x${event.height}`);
          if (event.type === 'image') text = event.parameters;
        },
      );
      return { loaded: [...loaded], previews: [...previews], text };
    },
    [asked, overRed] as const,
  );
}
