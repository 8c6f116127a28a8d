// `npm run api` with a client that others wrote for A1111, and with a request of the reference. On the processor: that is the
// quicker one where rendering is in software.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { decodePng } from '../src/image/png.ts';
import { readReference, readReferenceJson } from '../tests/reference-dir.ts';
import type {} from '../src/ui/automation.ts';
import { readSafetensors } from '../tests/safetensors-file.ts';

/** The package `node-sd-webui`, as far as it is used here; its types ask for an older resolution of modules. */
interface Client {
  txt2img(options: {
    readonly prompt: string;
    readonly width: number;
    readonly height: number;
    readonly steps: number;
    readonly seed: number;
    readonly samplingMethod: string;
  }): Promise<{ readonly images: readonly string[] }>;
  pngInfo(options: {
    readonly imageData: string;
  }): Promise<{ readonly prompt: string; readonly steps: number }>;
}
const CLIENT: string = 'node-sd-webui';

const MODEL = 'tiny-sd1';
const FOLDER = ['sdxl', 'api'] as const;

interface PaintedCase {
  readonly path: string;
  readonly request: Readonly<Record<string, unknown>> | null;
  readonly answer: { readonly images?: readonly { readonly tensor?: string }[] };
}

/** The server, until the test is over. Resolves with its address. */
async function start(child: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (text: string): void => {
      said += text;
      const url = /A1111's interface: (http:\S+?)\/sdapi/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    child.on('exit', () => reject(new Error(`The server ended: ${said}`)));
  });
}

test('scripts of the page have the app where the person lets them', async ({ page }) => {
  // The page is not told that a program drives the browser.
  await page.addInitScript(() => Object.defineProperty(navigator, 'webdriver', { value: false }));
  const isThere = () => page.evaluate(() => 'darkroom' in window);
  const box = page.getByLabel('Let scripts of this page use Darkroom');
  await page.goto('/#/settings/interface-for-programs');
  await expect(box).not.toBeChecked();
  expect(await isThere()).toBe(false);
  await box.check();
  await expect.poll(isThere).toBe(true);
  expect(await page.evaluate(() => window.darkroom.listModels())).toEqual([]);
  await page.reload();
  await expect(box).toBeChecked();
  await expect.poll(isThere).toBe(true);
  await box.uncheck();
  await expect.poll(isThere).toBe(false);
});

test('programs written for A1111 paint with it', async () => {
  const folder = test.info().outputPath('model');
  const file = join(folder, `${MODEL}.safetensors`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, readReference('models', MODEL, `${MODEL}.safetensors.gz`));
  writeFileSync(join(folder, `${MODEL}.yaml`), readReference('models', MODEL, `${MODEL}.yaml`));
  const child = spawn(
    process.execPath,
    [
      ...['scripts/run.js', 'scripts/api.ts', '--port', '0', '--no-token', '--cpu'],
      ...['--model', file, '--profile', test.info().outputPath('profile')],
    ],
    // A group of its own: Ctrl+C reaches all of it.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const url = await start(child);
    const post = async (path: string, body: unknown): Promise<unknown> => {
      const response = await fetch(`${url}/sdapi/v1/${path}`, { method: 'POST', body: JSON.stringify(body) });
      expect(response.status).toBe(200);
      return response.json();
    };

    // A request of the reference gives its picture.
    const { cases, options } = readReferenceJson<{
      options: Readonly<Record<string, unknown>>;
      cases: readonly PaintedCase[];
    }>(...FOLDER, 'api-cases.json');
    await post('options', options);
    const golden = cases.find(({ path, answer }) => path.endsWith('txt2img') && answer.images?.[0]?.tensor)!;
    const { images } = (await post('txt2img', golden.request)) as { images: string[] };
    const picture = await decodePng(new Uint8Array(Buffer.from(images[0]!, 'base64')));
    const name = golden.answer.images![0]!.tensor!;
    const tensors = readSafetensors(readReference(...FOLDER, 'api.safetensors.gz'));
    const expected = tensors.find((tensor) => tensor.name === name)!.bytes;
    expect(picture.data).toHaveLength(expected.length);
    const errors = expected.map((value, i) => Math.abs(value - picture.data[i]!));
    expect(Math.max(...errors)).toBeLessThanOrEqual(1);

    // Extras, as a program asks for it.
    const { image } = (await post('extra-single-image', {
      image: images[0],
      upscaling_resize: 2,
      upscaler_1: 'Lanczos',
    })) as { image: string };
    const large = await decodePng(new Uint8Array(Buffer.from(image, 'base64')));
    expect(large).toMatchObject({ width: 2 * picture.width, height: 2 * picture.height });

    const { default: sdwebui } = (await import(CLIENT)) as {
      default: (props: { apiUrl: string }) => Client;
    };
    const client = sdwebui({ apiUrl: url });
    const asked = { prompt: 'a cat', width: 64, height: 64, steps: 2, seed: 5, samplingMethod: 'Euler a' };
    const painted = await client.txt2img(asked);
    expect(painted.images).toHaveLength(1);
    const told = await client.pngInfo({ imageData: painted.images[0]! });
    expect(told).toMatchObject({ prompt: 'a cat', steps: 2 });
  } finally {
    process.kill(-child.pid!, 'SIGINT');
    await ended;
  }
});
