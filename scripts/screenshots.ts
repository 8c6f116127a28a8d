// `npm run screenshots`: every place of the built app as a picture, on a desktop and on a phone, with the demo model's own
// pictures in it; those of the README, of the installed app's listing, and of docs/page.md.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import { DEFAULT_PARAMETERS } from '../src/generation/request/request.ts';
import { App } from './app.ts';
import { ROOT } from './process.js';
import { ProgressLine } from './progress-line.ts';
import { PLACES, type TabId } from '../src/ui/navigation/places.ts';

const HELP = `npm run screenshots -- [options]

  --out DIR    where the pictures go (docs/screenshots)
  --listed     also renew docs/screenshot.png and the listing's (public/screenshots)
`;

/** What the demo model paints for them. */
const PROMPTS: readonly (readonly [prompt: string, seed: number])[] = [
  ['winter landscape, snowing, houses, night', 3],
  ['starry night, full moon, city skyline', 3],
  ['three yellow balloons, blue background', 1],
  ['meadow, noon, rainbow, flowers, clouds', 1],
  ['desert at sunset with a cactus', 4],
  ['sunset over the sea, a boat with a red sail, clouds', 4],
];

const DEVICES = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;
/** Each in one theme; the other one is a matter of colours. */
const THEMES = { desktop: 'dark', phone: 'light' } as const;

/** Those that are built (Compare with pictures in it comes later), and one of the others, which are alike. */
const TABS: readonly TabId[] = [
  ...PLACES.flatMap(({ tabs }) =>
    tabs.filter(({ id, built }) => built && id !== 'compare').map(({ id }) => id),
  ),
  'train',
];

const { values } = parseArgs({
  options: { out: { type: 'string' }, listed: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help === true) console.log(HELP);
else await takeAll(resolve(ROOT, values.out ?? 'docs/screenshots'));

async function takeAll(out: string): Promise<void> {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  mkdirSync(out, { recursive: true });
  const profile = mkdtempSync(join(ROOT, '.cache', 'screenshots-'));
  const line = new ProgressLine(false);
  const app = await App.open(profile, 'cpu');
  try {
    const { page } = app;
    for (const device of ['desktop', 'phone'] as const) {
      await prepare(page, device);
      await place(page, 'txt2img');
      await page.getByRole('button', { name: 'Try it with the demo model' }).waitFor();
      await shoot(page, join(out, `${device}-first-visit.png`));
    }
    line.show('Painting');
    const demo = join(ROOT, 'public', 'demo', 'darkroom-demo');
    const imported = await app.importFile(`${demo}.safetensors`, `${demo}.yaml`, () => undefined);
    for (const [prompt, seed] of PROMPTS) {
      const request = { ...DEFAULT_PARAMETERS, prompt, seed, width: 128, height: 128 };
      await app.generate(
        imported.model.sha256,
        request,
        () => undefined,
        () => undefined,
      );
    }
    for (const device of ['desktop', 'phone'] as const) {
      line.show(`Looking at every place: ${device}`);
      await prepare(page, device);
      await page.evaluate(() => window.darkroom.paintOn('cpu'));
      await typePrompt(page);
      await page
        .getByRole('region', { name: 'Result' })
        .getByRole('button', { name: 'Send to img2img' })
        .click();
      await page.getByRole('img', { name: /^Source picture/ }).waitFor();
      for (const tab of TABS) {
        // What is not built looks alike everywhere.
        if (tab === 'train' && device === 'phone') continue;
        await place(page, tab);
        await shoot(page, join(out, `${device}-${tab}.png`));
      }
      await paintMask(page, device);
      await shoot(page, join(out, `${device}-inpaint.png`));
      if (device === 'phone') await page.goBack();
      await chooseMode(page, 'img2img');
      await place(page, 'gallery');
      await page.getByRole('gridcell').first().click();
      await shoot(page, join(out, `${device}-viewer.png`));
      await page.keyboard.press('Escape');
      for (const index of [0, 1])
        await page
          .getByRole('gridcell')
          .nth(index)
          .click({ modifiers: ['ControlOrMeta'] });
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.getByRole('dialog', { name: 'Compare pictures' }).getByRole('img').first().waitFor();
      await shoot(page, join(out, `${device}-compare.png`));
      await page.keyboard.press('Escape');
      for (const overlay of device === 'phone'
        ? (['find', 'controls'] as const)
        : (['find', 'keys', 'batch'] as const)) {
        await place(page, `txt2img?${overlay}`);
        if (overlay === 'find') await page.getByRole('dialog').getByRole('combobox').fill('clip');
        await shoot(page, join(out, `${device}-${overlay}.png`));
        await page.goBack();
      }
      if (values.listed === true) {
        await place(page, 'txt2img');
        await shoot(page, join(ROOT, 'public', 'screenshots', `${device}.png`));
        if (device === 'desktop') await shoot(page, join(ROOT, 'docs', 'screenshot.png'));
      }
    }
  } finally {
    line.clear();
    await app.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

async function prepare(page: Page, device: keyof typeof DEVICES): Promise<void> {
  await page.setViewportSize(DEVICES[device]);
  await page.emulateMedia({ colorScheme: THEMES[device], reducedMotion: 'reduce' });
  await page.reload();
  await page.getByRole('banner').waitFor();
}

async function typePrompt(page: Page): Promise<void> {
  await place(page, 'txt2img');
  await page.getByLabel('Prompt', { exact: true }).fill(PROMPTS.at(-1)![0]);
}

async function chooseMode(page: Page, mode: string): Promise<void> {
  await page
    .getByRole('radiogroup', { name: 'What to do with the source' })
    .getByText(mode, { exact: true })
    .click();
}

/** Over a part of img2img's source. */
async function paintMask(page: Page, device: keyof typeof DEVICES): Promise<void> {
  await place(page, 'img2img');
  await chooseMode(page, 'Inpaint');
  if (device === 'phone') await page.getByRole('button', { name: 'Paint', exact: true }).click();
  const { x, y, width, height } = (await page.getByRole('application', { name: 'Canvas' }).boundingBox())!;
  await page.mouse.move(x + width * 0.42, y + height * 0.5);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.6, y + height * 0.54, { steps: 8 });
  await page.mouse.up();
}

async function place(page: Page, address: string): Promise<void> {
  await page.evaluate((hash) => (location.hash = hash), `#/${address}`);
}

/** Once all that is on its way has come. */
async function shoot(page: Page, path: string): Promise<void> {
  await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
  await page.waitForTimeout(400);
  await page.screenshot({ path });
}
