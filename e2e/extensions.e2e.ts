// Extensions of the person's in a browser: installed with a word on what they want, at work, and kept to what they are given.
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { DEFAULT_PARAMETERS } from '../src/generation/request/request.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const EXAMPLES = 'examples/extensions';

/** What would lead out of a worker, or to what the page has stored. */
const WAYS_OUT = [
  ...['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'WebTransport', 'BroadcastChannel'],
  ...['importScripts', 'Worker', 'indexedDB', 'caches', 'navigator', 'location', 'postMessage', 'self'],
];

test('one changes pictures; others that look for a way out, or never end, are left out by name', async ({
  page,
}, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Settings' }).click();
  await darkroom.link('Extensions').click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose files' }).click();
  await (
    await chooser
  ).setFiles([
    await fileOf(join(EXAMPLES, 'film-grain.js')),
    script(
      'Probe',
      `throw new Error(${JSON.stringify(WAYS_OUT)}.filter((name) => name in globalThis).join())`,
    ),
    script('Endless', 'for (;;);'),
  ]);
  for (const name of ['Film grain', 'Probe', 'Endless']) {
    const card = page.getByRole('region', { name });
    await expect(card).toContainText('change finished pictures');
    await card.getByRole('button', { name: 'Install' }).click();
    await expect(card.getByLabel('Enabled')).toBeChecked();
  }

  await darkroom.tab('txt2img');
  await page.getByText('Extensions', { exact: true }).last().click();
  await page.getByText('Film grain', { exact: true }).click();
  await page.getByLabel('Use Film grain').check();
  await expect(page.getByLabel('Amount', { exact: true })).toBeVisible();

  const painted = await page.evaluate(async (asked) => {
    const [model] = await window.darkroom.listModels();
    const told: string[] = [];
    const texts: string[] = [];
    for (const extensions of [[], ['Film grain'], ['Film grain', 'Probe', 'Endless']]) {
      await window.darkroom.generate(
        model!.sha256,
        { ...asked, extensions: extensions.map((name) => ({ name, values: {} })) },
        true,
        (event) => {
          if (event.type === 'warning') told.push(event.message);
          if (event.type === 'image') texts.push(event.parameters);
        },
      );
    }
    const images = [...(await window.darkroom.listImages())].sort((a, b) => a.createdAt - b.createdAt);
    const pixels = images.map(async ({ png }) => {
      const bitmap = await createImageBitmap(png);
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, bitmap.width, bitmap.height).data.join();
    });
    return { told, texts, pixels: await Promise.all(pixels) };
  }, asked());
  const [plain, grained, besideOthers] = painted.pixels;
  expect(grained).not.toBe(plain);
  expect(besideOthers).toBe(grained);
  expect(painted.texts[1]).toContain('Extension Film grain: ');
  expect(painted.told).toEqual([
    expect.stringMatching(/^The extension "Endless" was left out.*no answer/),
    // None of the ways out is there.
    'The extension "Probe" was left out from here on: ',
  ]);
});

function asked() {
  return {
    ...{ ...DEFAULT_PARAMETERS, img2img: null, hires: null, controlUnits: [] },
    ...{ prompt: 'a lighthouse', seed: 5, steps: 1, width: 64, height: 64, sampler: 'Euler' },
  };
}

async function fileOf(path: string) {
  const { readFile } = await import('node:fs/promises');
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    mimeType: 'text/javascript',
    buffer: await readFile(path),
  };
}

/** An extension that wants finished pictures, and does this with them. */
function script(name: string, body: string) {
  const manifest = JSON.stringify({ interface: 1, name, version: '1', wants: ['picture'] });
  const code = `/* darkroom extension ${manifest} */\nregister(() => ({ picture() { ${body} } }));`;
  return { name: `${name}.js`, mimeType: 'text/javascript', buffer: Buffer.from(code) };
}
