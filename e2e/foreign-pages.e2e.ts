// What pages of other origins can do to Darkroom: not frame it with the library, not leave files in its storage. And what
// text in the page can do: nothing, for want of a trusted type.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test, type BrowserContext } from '@playwright/test';
import { serve } from '../scripts/serve.js';
import { chaosFiles, readTrial } from '../tests/trials-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';

const shares = chaosFiles('page of another site');

/** A server for pages of another origin. */
async function otherSite(folder: string, name: string, html: string): ReturnType<typeof serve> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}`, html);
  return serve({ '/': folder });
}

test('in a frame it shows the way out and opens nothing', async ({ page }, info) => {
  // As on a host that cannot send headers.
  const darkroom = await serve({ '/': 'dist' }, 0, { 'content-security-policy': '' });
  const other = await otherSite(
    info.outputPath('other'),
    'index.html',
    `<!doctype html><iframe src="${darkroom.url}"></iframe>`,
  );
  try {
    await page.goto(other.url);
    const frame = page.frameLocator('iframe');
    await expect(frame.getByRole('link', { name: 'Open Darkroom in a window of its own' })).toBeVisible();
    await expect(frame.getByRole('navigation')).toHaveCount(0);
    const inside = page.frames().find((each) => each.url() === darkroom.url)!;
    expect(await inside.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual(
      [],
    );
    const opened = page.waitForEvent('popup');
    await frame.getByRole('link').click();
    await expect((await opened).getByRole('link', { name: 'txt2img', exact: true })).toBeVisible();
  } finally {
    await darkroom.close();
    await other.close();
  }
});

test('where the host sends the header, it is not framed at all', async ({ page, baseURL }, info) => {
  const other = await otherSite(
    info.outputPath('other'),
    'index.html',
    `<!doctype html><iframe src="${String(baseURL)}"></iframe>`,
  );
  try {
    await page.goto(other.url);
    await expect
      .poll(() => page.frames().map((frame) => frame.url()))
      .toContain('chrome-error://chromewebdata/');
  } finally {
    await other.close();
  }
});

for (const { file, expect: expected } of shares) {
  test(`${file}: ${expected}`, async ({ browser }, info) => {
    const darkroom = await serve({ '/': 'dist' });
    const html = new TextDecoder().decode(readTrial(`chaos/${file}`)).replaceAll('PAGE', darkroom.url);
    const other = await otherSite(info.outputPath('other'), 'share.html', html);
    const context = await browser.newContext({ serviceWorkers: 'allow' });
    try {
      const page = await context.newPage();
      await page.goto(darkroom.url);
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.goto(darkroom.url);
      const before = await kept(context, darkroom.url);

      await page.goto(`${other.url}share.html`, { waitUntil: 'commit' });
      await page.waitForURL(`${darkroom.url}**`, { timeout: 120_000 });
      // The person leaves at once, and comes again.
      await page.goto('about:blank');
      await page.goto(darkroom.url);
      await expect(page.getByRole('link', { name: 'txt2img', exact: true })).toBeVisible();
      await expect.poll(() => kept(context, darkroom.url)).toEqual(before);
    } finally {
      await context.close();
      await darkroom.close();
      await other.close();
    }
  });
}

/** Names of the caches of a site. */
async function kept(context: BrowserContext, url: string): Promise<string[]> {
  const page = context.pages().find((each) => each.url().startsWith(url));
  return (await page?.evaluate(() => caches.keys())) ?? [];
}

test('text becomes neither HTML nor script, in the page and its workers', async ({ page }) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  // The engine counts tokens: its worker starts, from a Blob.
  await darkroom.prompt.fill('a lighthouse');
  await expect.poll(() => page.workers().length).toBeGreaterThan(0);
  expect(complaints).toEqual([]);

  const refused = await page.evaluate(() => {
    const attempts: readonly (() => unknown)[] = [
      () => (document.createElement('div').innerHTML = '<b>x</b>'),
      () => document.createElement('template').setAttribute('srcdoc', 'x') ?? document.write('<b>x</b>'),
      () => new Worker(URL.createObjectURL(new Blob(['']))),
      () => document.createElement('iframe').setAttribute('srcdoc', '<b>x</b>'),
      () =>
        (
          window as { trustedTypes?: { createPolicy(name: string, rules: object): unknown } }
        ).trustedTypes?.createPolicy('darkroom', {}),
      () =>
        (
          window as { trustedTypes?: { createPolicy(name: string, rules: object): unknown } }
        ).trustedTypes?.createPolicy('another', {}),
    ];
    return attempts.map((attempt) => {
      try {
        attempt();
        return 'allowed';
      } catch (error) {
        return error instanceof TypeError ? 'refused' : String(error);
      }
    });
  });
  expect(refused).toEqual(refused.map(() => 'refused'));
});

test('the licences of what is shipped can be read in Settings, and lie beside the page', async ({ page }) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.tab('Settings');
  await page.getByRole('button', { name: 'Licences' }).click();
  const text = page.getByRole('region', { name: 'Licences of what Darkroom is made of' });
  await expect(text).toContainText('Darkroom');
  const { readFileSync } = await import('node:fs');
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const file = await (await page.request.get('/licences.txt')).text();
  expect(await text.textContent()).toBe(file);
  const named = file.split('\n');
  for (const name of [...Object.keys(dependencies), 'svelte', 'workbox-precaching', 'workbox-window']) {
    expect(
      named.filter((line) => line.startsWith(`${name} `)),
      name,
    ).not.toEqual([]);
  }
});
