// img2img in the browser: pictures of every format are read upright in the engine's worker.
import { expect, test } from '@playwright/test';
import { decodePng } from '../src/image/png.ts';
import { DEFAULT_PARAMETERS } from '../src/generation/request/request.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const SIZE = { width: 64, height: 72 };

test('reads a PNG, a WebP and a turned JPEG alike', async ({ page }, info) => {
  await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  // No step at all: the picture is encoded and decoded.
  const settings = { ...DEFAULT_PARAMETERS.settings, img2imgFixSteps: true };
  const wanted = { ...SIZE, settings, sampler: 'Euler', seed: 1, steps: 1 };
  const asked = { ...DEFAULT_PARAMETERS, ...wanted, img2img: null };
  const painted = await page.evaluate(async (asked) => {
    const { width, height } = asked;
    const model = (await window.darkroom.listModels())[0]!;

    /** What is seen, lying on its left side where `turned`. */
    const draw = (type: string, turned: boolean): Promise<Blob> => {
      const canvas = new OffscreenCanvas(turned ? height : width, turned ? width : height);
      const context = canvas.getContext('2d')!;
      if (turned) context.setTransform(0, -1, 1, 0, 0, width);
      const gradient = context.createLinearGradient(0, 0, width, height);
      gradient.addColorStop(0, '#e05020');
      gradient.addColorStop(1, '#2040a0');
      context.fillStyle = gradient;
      context.fillRect(0, 0, width, height);
      context.fillStyle = '#f0f0c0';
      context.fillRect(8, 8, 24, 16);
      return canvas.convertToBlob({ type, quality: 1 });
    };
    /** With EXIF data that say how it is to be turned. */
    const oriented = async (jpeg: Blob, orientation: number): Promise<Blob> => {
      const tiff = [0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
      const data = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff, 0, 0, 0, 0];
      const segment = Uint8Array.of(0xff, 0xe1, 0, data.length + 2, ...data);
      return new Blob([jpeg.slice(0, 2), segment, jpeg.slice(2)], { type: jpeg.type });
    };
    const paint = async (file: Blob): Promise<number[]> => {
      const pngs: Blob[] = [];
      const source = { file, sha256: '0'.repeat(64), size: null };
      const img2img = {
        source,
        resizeMode: 'Just resize',
        denoisingStrength: 0,
        imageCfgScale: 1.5,
        inpaint: null,
      } as const;
      await window.darkroom.generate(
        model.sha256,
        { ...asked, img2img, hires: null, controlUnits: [] },
        true,
        (event) => {
          if (event.type === 'image') pngs.push(event.png);
        },
      );
      return [...new Uint8Array(await pngs[0]!.arrayBuffer())];
    };
    return {
      png: await paint(await draw('image/png', false)),
      webp: await paint(await draw('image/webp', false)),
      jpeg: await paint(await oriented(await draw('image/jpeg', true), 6)),
      lying: await paint(await draw('image/jpeg', true)),
    };
  }, asked);

  const pixelsOf = async (bytes: number[]) => [...(await decodePng(Uint8Array.from(bytes))).data];
  const png = await pixelsOf(painted.png);
  const distance = async (bytes: number[]) =>
    (await pixelsOf(bytes)).reduce((sum, value, i) => sum + Math.abs(value - png[i]!), 0);
  const [webp, jpeg, lying] = await Promise.all([painted.webp, painted.jpeg, painted.lying].map(distance));
  expect(lying).toBeGreaterThan(0);
  expect(webp! / lying!).toBeLessThan(0.1);
  expect(jpeg! / lying!).toBeLessThan(0.1);
});
