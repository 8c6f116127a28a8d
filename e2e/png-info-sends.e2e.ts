// PNG Info shows a picture of ComfyUI's in A1111's words, and sends it everywhere with its parameters; what is hidden in pixels is
// found by a worker.
import { writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { encodePng } from '../src/image/png.ts';
import { blankPicture, png, withHidden } from '../src/other-programs/testing.ts';
import { DarkroomPage } from './darkroom-page.ts';

/** As ComfyUI's page sends it to its server (nodes.py). */
const GRAPH = {
  1: {
    class_type: 'KSampler',
    inputs: {
      ...{ seed: 77, steps: 12, cfg: 6, sampler_name: 'heun', scheduler: 'unheard_of', denoise: 1 },
      ...{ model: ['2', 0], positive: ['3', 0], negative: ['4', 0], latent_image: ['5', 0] },
    },
  },
  2: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'dreams.safetensors' } },
  3: { class_type: 'CLIPTextEncode', inputs: { text: 'a harbour at dawn', clip: ['2', 1] } },
  4: { class_type: 'CLIPTextEncode', inputs: { text: 'crowd', clip: ['2', 1] } },
  5: { class_type: 'EmptyLatentImage', inputs: { width: 256, height: 192, batch_size: 1 } },
  6: { class_type: 'VAEDecode', inputs: { samples: ['1', 0], vae: ['2', 2] } },
  7: { class_type: 'SaveImage', inputs: { images: ['6', 0] } },
};

test('a picture of ComfyUI’s goes to txt2img, img2img, Inpaint and Extras', async ({ page }, info) => {
  const picture = info.outputPath('harbour.png');
  const data = new Uint8Array(3 * 256 * 192).map((_, i) => (i * 7) % 253);
  const image = { width: 256, height: 192, channels: 3, data } as const;
  writeFileSync(picture, await encodePng(image, { prompt: JSON.stringify(GRAPH) }));
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  const show = async () => {
    await darkroom.tab('PNG Info');
    await expect(page.getByText('Made with ComfyUI.')).toBeVisible();
  };
  const send = (to: string) => page.getByRole('button', { name: `Send to ${to}`, exact: true }).click();
  const clear = async () => {
    await darkroom.prompt.fill('');
    await darkroom.set({ 'Sampling steps': 20 });
  };
  const arrived = async () => {
    await expect(darkroom.prompt).toHaveValue('a harbour at dawn');
    await expect(page.getByLabel('Negative prompt', { exact: true })).toHaveValue('crowd');
    await expect(await darkroom.control('Sampling steps')).toHaveValue('12');
    await expect(await darkroom.control('Sampling method')).toHaveValue('Heun');
    await expect(await darkroom.control('Width')).toHaveValue('256');
  };

  await darkroom.dropPicture(picture);
  await expect(page.getByText('Scheduler unheard_of of ComfyUI has no like here')).toBeVisible();

  await test.step('txt2img', async () => {
    await send('txt2img');
    await expect(darkroom.link('txt2img')).toHaveAttribute('aria-current', 'page');
    await arrived();
    await clear();
  });

  for (const to of ['img2img', 'Inpaint']) {
    await test.step(to, async () => {
      await show();
      await send(to);
      await expect(darkroom.link('img2img')).toHaveAttribute('aria-current', 'page');
      await arrived();
      // The section says it where it is closed.
      await expect(page.getByText(new RegExp(`harbour\\.png, ${to}, denoising`, 'i'))).toHaveCount(1);
      await clear();
    });
  }

  await test.step('Extras', async () => {
    await show();
    await send('Extras');
    await expect(page.getByRole('img', { name: 'Picture harbour.png' })).toBeVisible();
  });
});

test('a text that is hidden in a picture’s pixels is found', async ({ page }, info) => {
  const path = info.outputPath('hidden.png');
  const text =
    'a harbour at dusk\nSteps: 12, Sampler: Heun, Schedule type: Karras, CFG scale: 6, Seed: 77, Size: 64x48';
  const image = withHidden('stealth_rgbinfo', new TextEncoder().encode(text), blankPicture());
  writeFileSync(path, Buffer.from(await (await png({}, image)).arrayBuffer()));
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.dropPicture(path);
  await expect(page.getByText('Made with Stealth PNG info.')).toBeVisible();
  await page.getByRole('button', { name: 'Send to txt2img' }).click();
  await expect(darkroom.prompt).toHaveValue('a harbour at dusk');
});
