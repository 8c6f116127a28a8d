import { describe, expect, it } from 'vitest';
import { writeParameters } from '../../image/metadata.ts';
import { encodePng } from '../../image/png.ts';
import { hiddenText } from '../../other-programs/stealth.ts';
import { PngInfo } from './png-info.svelte.ts';

const TEXT = 'a cat\nSteps: 3, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 64x64, Model hash: 0123456789';
const pixels = { width: 2, height: 1, channels: 4, data: new Uint8ClampedArray(8) } as const;

async function opened(...parts: BlobPart[]): Promise<PngInfo> {
  const info = new PngInfo(hiddenText);
  await info.open(new Blob(parts), 'a.png');
  return info;
}

describe('PngInfo', () => {
  it('shows what a picture says', async () => {
    const { info, problem, reading } = await opened(
      await encodePng(pixels, { parameters: TEXT, Comment: 'hi' }),
    );
    expect(info).toMatchObject({
      name: 'a.png',
      parameters: TEXT,
      others: [{ keyword: 'Comment', text: 'hi' }],
      read: { modelHash: '0123456789', parameters: { steps: 3, seed: 5 } },
    });
    expect([problem, reading]).toEqual([null, false]);
  });

  it('shows a picture that says nothing', async () => {
    const { info, problem } = await opened(await encodePng(pixels));
    expect(info).toMatchObject({ parameters: null, read: null, others: [] });
    expect(problem).toBeNull();
  });

  it('tells why a file is no picture, and forgets the one before', async () => {
    const info = await opened(await encodePng(pixels));
    await info.open(new Blob(['BM6']), 'b.bmp');
    expect(info.info).toBeNull();
    expect(info.problem).toMatch(/^b\.bmp: .*PNG, JPEG, WebP, AVIF or GIF/);
  });

  it('does not have a picture shown that claims billions of pixels, whatever its format', async () => {
    const png = await encodePng(pixels, { parameters: TEXT });
    new DataView(png.buffer).setUint32(16, 0x7fffffff);
    const gif = Uint8Array.from([...new TextEncoder().encode('GIF89a'), 0xff, 0xff, 0xff, 0xff, 0, 0, 0]);
    for (const file of [png, gif]) expect((await opened(file)).info?.unshowable).toContain('pixels large');
    expect((await opened(await encodePng(pixels))).info?.unshowable).toBeNull();
  });

  it("has another program's parameters in A1111's words, and says what has none", async () => {
    const sampler = {
      ...{ seed: 7, steps: 20, cfg: 8, sampler_name: 'euler', scheduler: 'unheard_of', denoise: 1 },
      ...{ latent_image: ['2', 0], positive: ['3', 0] },
    };
    const graph = JSON.stringify({
      1: { class_type: 'KSampler', inputs: sampler },
      2: { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 768, batch_size: 1 } },
      3: { class_type: 'CLIPTextEncode', inputs: { text: 'a cat' } },
      4: { class_type: 'SaveImage', inputs: { images: ['1', 0] } },
    });
    const { info } = await opened(await encodePng(pixels, { prompt: graph }));
    expect(info?.read?.parameters).toMatchObject({
      prompt: 'a cat',
      steps: 20,
      width: 512,
      height: 768,
      seed: 7,
    });
    expect(info?.read?.unsupported).toEqual([]);
    expect(info?.other?.program).toBe('ComfyUI');
    expect(info?.other?.remarks[0]).toBe(
      'Scheduler unheard_of of ComfyUI has no like here; the sampler’s own is taken.',
    );
    expect(info?.others).toEqual([{ keyword: 'prompt', text: graph }]);
  });

  it('names the texts that it cannot show', async () => {
    const { info } = await opened(
      await encodePng(pixels, { workflow: 'x'.repeat(5_000_000), parameters: TEXT }),
    );
    expect(info).toMatchObject({ parameters: TEXT, others: [], damaged: ['workflow'] });
  });

  it('survives a damaged picture', async () => {
    const png = await encodePng(pixels, { parameters: TEXT });
    for (let length = 0; length < png.length; length++) {
      const info = await opened(png.slice(0, length));
      expect((info.info === null) !== (info.problem === null)).toBe(true);
    }
  });

  it('shows the last of several pictures opened at once', async () => {
    const info = new PngInfo(hiddenText);
    const first = info.open(new Blob([await encodePng(pixels)]), 'first');
    const second = info.open(new Blob([await writeParameters(await encodePng(pixels), TEXT)]), 'second');
    await Promise.all([first, second]);
    expect(info.info?.name).toBe('second');
    expect(info.reading).toBe(false);
  });
});
