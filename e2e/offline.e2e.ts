// The site from a sub-folder of a plain server: what it fetches and when, that nothing goes elsewhere, that it works
// without the network once everything is kept, and that a new version waits to be asked.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { serve } from '../scripts/serve.js';
import { encodePng } from '../src/image/png.ts';
import { partOf } from '../src/ui/launch/site-files.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

/** What a server sends that wants its pages isolated; threads on the processor need it. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Everything that the browser is asked for, and every complaint about the page's policy. */
class Watch {
  /** By the page and its workers. */
  readonly byPage: string[] = [];
  /** By the service worker. */
  readonly byServiceWorker: string[] = [];
  readonly refusals: string[] = [];

  constructor(context: BrowserContext) {
    context.on('request', (request) => {
      const list = request.serviceWorker() === null ? this.byPage : this.byServiceWorker;
      list.push(request.url());
    });
    context.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) this.refusals.push(message.text());
    });
  }

  /** Addresses of what importing, painting and the demo need. */
  get later(): string[] {
    const inSite = (url: string) => /assets\/.*$|demo\/.*\.safetensors$/.exec(url)?.[0] ?? '';
    return [...this.byPage, ...this.byServiceWorker].filter((url) => partOf(inSite(url)) !== 'page');
  }

  /** Addresses outside of `folder`; Blobs and data never leave the page. */
  elsewhere(folder: string): string[] {
    return [...this.byPage, ...this.byServiceWorker].filter(
      (url) => !url.startsWith(folder) && !/^(?:blob|data):/.test(url),
    );
  }
}

test('private, offline, and up to date when asked', async ({ browser }, info) => {
  const files = await makeCheckpoint(info.outputPath('model'));
  const context = await browser.newContext({ serviceWorkers: 'allow' });
  const watch = new Watch(context);
  let server = await serve({ '/some/folder/': 'dist' });
  const port = Number(new URL(server.url).port);
  const folder = `${server.url}some/folder/`;
  let page = await context.newPage();

  await test.step('a visit needs neither the runtime nor the tokenizer to be used', async () => {
    await page.goto(folder);
    const darkroom = new DarkroomPage(page);
    await darkroom.tab('Settings');
    await page.getByLabel('Theme', { exact: true }).selectOption('dark');
    await darkroom.tab('txt2img');
    await darkroom.choose('Sampling method', 'Euler');
    expect(watch.later).toEqual([]);
  });

  await test.step('nor does the service worker fetch more than the page', async () => {
    await page.evaluate(async () => {
      const { active } = await navigator.serviceWorker.ready;
      if (active?.state === 'activated') return;
      await new Promise<void>((resolve) => active?.addEventListener('statechange', () => resolve()));
    });
    expect(watch.byServiceWorker).not.toEqual([]);
    expect(watch.later).toEqual([]);
    const addresses = [...new Set([...watch.byPage, ...watch.byServiceWorker])];
    let bytes = 0;
    for (const address of addresses.filter((url) => url.startsWith(folder))) {
      bytes += (await (await fetch(address)).arrayBuffer()).byteLength;
    }
    // As it is unpacked: 0.4 MB on the wire, and the icons.
    expect(bytes).toBeLessThan(1_300_000);
  });

  await test.step('Settings say what a use without the network needs, and keep it when asked', async () => {
    const darkroom = new DarkroomPage(page);
    await darkroom.tab('Settings');
    const about = page.getByRole('region', { name: 'About' });
    await expect(about).toContainText('Opens without a network.');
    await about.getByRole('button', { name: 'Keep everything for offline use' }).click();
    await expect(about).toContainText('Ready to work offline: everything is kept');
  });

  await test.step('the browser finds nothing that would keep it from being installed', async () => {
    const session = await context.newCDPSession(page);
    await page.evaluate(() => navigator.serviceWorker.ready);
    const manifest = await session.send('Page.getAppManifest');
    expect(manifest.errors).toEqual([]);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    // A test's browser context is always private.
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
  });

  await test.step('a shared picture opens in PNG Info', async () => {
    await share(page, `${folder}share`, info.outputPath('shared.png'));
    await expect(page.getByRole('heading', { name: 'PNG Info' })).toBeVisible();
    await expect(page.getByText('shared.png is read')).toBeVisible();
    await expect(page.getByRole('row', { name: /a shared lighthouse/ })).toBeVisible();
    expect(page.url()).toBe(`${folder}#/png-info`);
  });

  await test.step('a shortcut opens its tab', async () => {
    await page.goto(`${folder}?tab=models`);
    await expect(page.getByRole('link', { name: 'Checkpoints' })).toHaveAttribute('aria-current', 'page');
  });

  await page.close();
  await server.close();
  page = await context.newPage();
  const darkroom = new DarkroomPage(page);

  await test.step('with the server gone, a new tab imports a model and makes a picture', async () => {
    await page.goto(folder);
    await darkroom.useProcessor();
    await darkroom.pick([files.checkpoint, files.sidecar]);
    await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Imported', {
      timeout: 300_000,
    });
    await darkroom.prompt.fill('a lighthouse');
    await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 1, Seed: 3 });
    await draw(darkroom);
    await expect(darkroom.picture).toBeVisible();
  });

  const next = info.outputPath('next');
  makeNextVersion(next);
  server = await serve({ '/some/folder/': next }, port, ISOLATION);
  try {
    const offer = page.getByRole('status', { name: 'Update' });
    const updateNow = offer.getByRole('button', { name: 'Update now' });

    await test.step('a new version is offered, and cannot be taken while a picture is made', async () => {
      await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
      await expect(offer).toBeVisible();
      await darkroom.set({ 'Sampling steps': 150 });
      await darkroom.generateButton.click();
      await expect(darkroom.interruptButton).toBeVisible();
      await expect(updateNow).toBeDisabled();
      await darkroom.interruptButton.click();
      await darkroom.finished();
    });

    await test.step('nor while another tab is open, which keeps its version', async () => {
      const other = await context.newPage();
      await other.goto(folder);
      await expect(other).toHaveTitle(/Darkroom/);
      await updateNow.click();
      await expect(offer).toContainText('close the other tabs');
      expect(await version(page)).toBe('1');
      expect(await version(other)).toBe('1');
      await other.close();
    });

    await test.step('Update now opens the new version, with everything in it', async () => {
      await expect(async () => {
        if (await updateNow.isVisible()) await updateNow.click();
        expect(await version(page)).toBe('2');
      }).toPass();
      await expect(offer).toBeHidden();
      await expect(darkroom.checkpoint).toContainText(files.name);
    });

    await test.step('neither the page nor its workers can reach another address', async () => {
      expect(watch.refusals).toEqual([]);
      expect(await page.evaluate(probe)).toEqual({ answered: false, directive: 'connect-src' });
      await darkroom.prompt.fill('another lighthouse');
      // The token counter, and the engine, which estimates the memory.
      await expect.poll(() => page.workers().length).toBe(2);
      for (const worker of page.workers()) {
        expect(await worker.evaluate(probe)).toEqual({ answered: false, directive: 'connect-src' });
      }
      // The watch does see what the policy stops, and where from.
      await expect.poll(() => watch.refusals.length).toBeGreaterThan(1);
    });

    await test.step('where the server isolates the page, the processor draws with threads', async () => {
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      const started: string[] = [];
      page.on('worker', (worker) => started.push(worker.url()));
      await darkroom.set({ 'Sampling steps': 1 });
      await draw(darkroom);
      // The engine has run since before and is one of the threads; one more worker makes the picture's thumbnail.
      const cores = await page.evaluate(() => navigator.hardwareConcurrency);
      await expect.poll(() => started.length).toBe(Math.min(8, cores) - 1 + 1);
      // From Blobs: so the policy holds for them as well.
      expect(started.filter((url) => !url.startsWith('blob:'))).toEqual([]);
    });
  } finally {
    await server.close();
  }

  // Once for each version that drew; fetched once, since the new version has the same.
  expect(watch.byPage.filter((url) => url.endsWith('.wasm'))).toHaveLength(2);
  expect(watch.byServiceWorker.filter((url) => url.endsWith('.wasm'))).toHaveLength(1);
  expect(watch.elsewhere(folder)).toEqual([]);
  await context.close();
});

/** What another program's "Share" does: a form with the picture, sent to the app. */
async function share(page: Page, address: string, file: string): Promise<void> {
  const pixels = {
    width: 8,
    height: 8,
    channels: 3,
    data: new Uint8ClampedArray(8 * 8 * 3).fill(200),
  } as const;
  const png = await encodePng(pixels, { parameters: 'a shared lighthouse\nSteps: 4, Seed: 1' });
  writeFileSync(file, png);
  // The app's own page may not send forms; this one stands for another program.
  await page.goto('about:blank');
  await page.setContent(
    `<form method="post" enctype="multipart/form-data" action="${address}"><input type="file" name="picture"><button>`,
  );
  await page.locator('input').setInputFiles(file);
  await page.locator('button').click();
}

async function draw(darkroom: DarkroomPage): Promise<void> {
  await darkroom.generateButton.click();
  await expect(darkroom.interruptButton).toBeVisible();
  await darkroom.finished();
  await expect(darkroom.failures).toHaveCount(0);
}

/** A copy of the site that differs in its page, as the next version would. */
function makeNextVersion(folder: string): void {
  cpSync('dist', folder, { recursive: true });
  const change = (name: string, from: RegExp, to: string) => {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(path, text.replace(from, to));
  };
  change('index.html', /<html /, '<html data-version="2" ');
  change(
    'service-worker.js',
    /("revision":")[0-9a-f]+(","url":"index\.html")|("url":"index\.html","revision":")[0-9a-f]+/,
    '$1$30123$2',
  );
}

async function version(page: Page): Promise<string> {
  return page.evaluate(() => document.documentElement.dataset['version'] ?? '1');
}

/** Runs in a page or a worker: tries to reach another address, and says which directive stood against it. */
async function probe(): Promise<{ answered: boolean; directive: string | null }> {
  const refused = new Promise<string>((resolve) => {
    addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
  });
  const answered = await fetch('https://example.org/').then(
    () => true,
    () => false,
  );
  return { answered, directive: answered ? null : await refused };
}
