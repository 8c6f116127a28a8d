// A picture carries all that is needed to make it again: its PNG, dropped into a browser that has never seen it, gives the
// same pixels.
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const PROMPT = 'a (lighthouse:1.3) on a [cliff] at dusk, [rain:fog:0.5]';
const NEGATIVE = 'blurry, (low quality:1.2)';

test('a PNG dropped on PNG Info in a fresh profile makes the same picture again', async ({
  browser,
  baseURL,
}, info) => {
  const files = await makeCheckpoint(info.outputPath('model'));
  const png = info.outputPath('picture.png');
  let parameters = '';
  let pixels: Pixels | null = null;

  await test.step('make a picture with settings of its own', async () => {
    const page = await browser.newPage({ baseURL: String(baseURL) });
    const darkroom = await DarkroomPage.withModel(page, files);
    await darkroom.prompt.fill(PROMPT);
    await page.getByLabel('Negative prompt', { exact: true }).fill(NEGATIVE);
    await darkroom.choose('Sampling method', 'Euler a');
    await darkroom.choose('Schedule type', 'Karras');
    await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 3, 'CFG Scale': 5.25, Seed: 987654321 });
    await (await darkroom.control('Extra')).check();
    await darkroom.set({ 'Variation seed': 11, 'Variation strength': 0.35 });
    await darkroom.set({ 'Clip skip': 2, 'Eta noise seed delta': 31337 });
    await darkroom.tab('Settings');
    await darkroom.choose('Emphasis mode', 'No norm');
    await darkroom.set({ 'Eta for k-diffusion samplers': 0.67 });
    await darkroom.tab('txt2img');

    pixels = await draw(darkroom);
    // Two black squares would be the same too.
    expect(new Set(pixels.rgba.match(/../g)).size).toBeGreaterThan(16);
    parameters = String(await darkroom.parameters.textContent());
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await (await download).saveAs(png);
    await page.close();
  });

  // A page of its own context: nothing is stored there.
  const page = await browser.newPage({ baseURL: String(baseURL) });
  const darkroom = await DarkroomPage.withModel(page, files);

  await test.step('PNG Info tells how it was made', async () => {
    await darkroom.tab('PNG Info');
    await darkroom.dropPicture(png);
    await expect(page.getByRole('heading', { name: 'PNG Info' })).toBeVisible();
    await expect(page.getByText(/which you have:/)).toContainText(files.name);
    await expect(page.getByRole('row', { name: /^Seed 987654321/ })).toBeVisible();
  });

  await test.step('Send to txt2img sets every control', async () => {
    await page.getByRole('button', { name: 'Send to txt2img' }).click();
    await expect(darkroom.prompt).toHaveValue(PROMPT);
    await expect(page.getByLabel('Negative prompt', { exact: true })).toHaveValue(NEGATIVE);
    await expect(page.getByLabel('Variation strength', { exact: true })).toHaveValue('0.35');
    await expect(page.getByText(/2 settings differ/)).toContainText('Emphasis mode');
    await expect(page.getByText('The picture may come out different')).toHaveCount(0);
  });

  await test.step('Generate gives the same pixels and the same text', async () => {
    expect(await draw(darkroom)).toEqual(pixels);
    expect(await darkroom.parameters.textContent()).toBe(parameters);
  });
  await page.close();
});

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Hexadecimal. */
  readonly rgba: string;
}

/** Presses Generate and returns what comes out, decoded. */
async function draw(darkroom: DarkroomPage): Promise<Pixels> {
  await darkroom.generateButton.click();
  await expect(darkroom.interruptButton).toBeVisible();
  await darkroom.finished();
  await expect(darkroom.failures).toHaveCount(0);
  return darkroom.picture.evaluate(async (element: HTMLImageElement) => {
    await element.decode();
    const canvas = new OffscreenCanvas(element.naturalWidth, element.naturalHeight);
    const context = canvas.getContext('2d');
    context?.drawImage(element, 0, 0);
    const { width, height, data } = context!.getImageData(0, 0, canvas.width, canvas.height);
    return { width, height, rgba: [...data].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
  });
}
