// Needs are those of the published models in full size, told from the manifests' shapes.
import { describe, expect, it } from 'vitest';
import type { StoredModel, StoredTensor } from '../../library/types.ts';
import { detect } from '../../models/detect.ts';
import { planWeights } from '../../models/plan.ts';
import type { TensorShapes } from '../../models/types.ts';
import { computing } from '../../../tests/computing.ts';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { DEFAULT_IMG2IMG, DEFAULT_INPAINT, type Img2Img } from '../request/request.ts';
import { DEFAULT_MEMORY } from './memory-options.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/settings/list.ts';
import { DEFAULT_HIRES, type Hires } from '../request/request.ts';
import { memoryAdvice, memoryNeeds, planMemory } from './memory.ts';

function published(name: string): Pick<StoredModel, 'detection' | 'tensors'> {
  const manifest = readReferenceJson<{ tensors: Record<string, { shape: number[]; dtype: 'F32' }> }>(
    'models',
    'manifests',
    `${name}.json.gz`,
  );
  const shapes: TensorShapes = new Map(Object.entries(manifest.tensors));
  const detection = detect(shapes, new Map(), null);
  const tensors = planWeights(shapes, detection).map(({ name: tensor, shape, network }): StoredTensor => {
    return { name: tensor, shape, network, chunk: 0, offset: 0, byteLength: 0 };
  });
  return { detection, tensors };
}

const square = (side: number, batchSize = 1) => ({ width: side, height: side, batchSize });
const MB = 1e6;

describe.skipIf(!listReference('models', 'manifests').includes('sd1.json.gz'))('SD 1.5', () => {
  const needs = (side: number, batchSize = 1, on = computing()) =>
    memoryNeeds(published('sd1'), square(side, batchSize), on)!;

  it('has the weights of its networks', () => {
    const { text, unet, vae } = needs(512);
    // The text encoder stays in float32.
    expect(text[0]!.weights / MB).toBeCloseTo(492, 0);
    expect(unet.weights / MB).toBeCloseTo(1719, 0);
    expect(vae.weights / MB).toBeCloseTo(99, 0);
    expect(needs(512, 1, computing('onnxruntime', false)).unet.weights).toBe(2 * unet.weights);
  });

  it('takes hardly more where tokens are merged', () => {
    const settings = { ...DEFAULT_IMAGE_SETTINGS, tokenMergingRatio: 0.5 };
    const merging = memoryNeeds(published('sd1'), { ...square(1024), settings }, computing())!;
    const { unet } = needs(1024);
    expect(merging.unet.weights).toBe(unet.weights);
    expect(merging.unet.peak).not.toBe(unet.peak);
    expect(merging.unet.peak).toBeLessThan(1.1 * unet.peak);
    expect(merging.unet.largest).toBe(unet.largest);
  });

  it('takes what a batch of tiles takes where the UNet is asked for tiles', () => {
    const tile = { tileWidth: 64, tileHeight: 64, overlap: 16, batchSize: 2 };
    const extensions = [{ name: 'Tiled Diffusion', values: tile }];
    for (const side of [2048, 8192]) {
      const tiled = memoryNeeds(published('sd1'), { ...square(side), extensions }, computing())!;
      expect(tiled.unet).toEqual(needs(512, 2).unet);
    }
    expect(memoryNeeds(published('sd1'), { ...square(512), extensions }, computing())!.unet).toEqual(
      needs(512).unet,
    );
  });

  it('takes hardly more where opposite edges continue each other, except that nothing is encoded in tiles', () => {
    const settings = { ...DEFAULT_IMAGE_SETTINGS, tiling: true };
    const source = { size: null } as Img2Img['source'];
    const request = { ...square(1024), img2img: { ...DEFAULT_IMG2IMG, source } };
    const [plain, tiling] = [{}, { settings }].map((asked) =>
      memoryNeeds(published('sd1'), { ...request, ...asked }, computing())!,
    );
    for (const network of ['unet', 'vae', 'tiledVae', 'encoder'] as const) {
      expect(tiling![network].weights).toBe(plain![network].weights);
      expect(tiling![network].peak / plain![network].peak).toBeGreaterThan(0.95);
      expect(tiling![network].peak / plain![network].peak).toBeLessThan(1.3);
    }
    expect(tiling!.tiledEncoder).toEqual(tiling!.encoder);
    expect(plain!.tiledEncoder.peak).toBeLessThan(plain!.encoder.peak);
  });

  it('takes more for more pixels and pictures, except in tiles', () => {
    const [small, large, many] = [needs(512), needs(1024), needs(512, 4)];
    // Buffers come in a few sizes: four times as much is not quite that.
    for (const [much, little] of [
      [large.unet, small.unet],
      [many.unet, small.unet],
    ] as const) {
      expect(much.peak / little.peak).toBeGreaterThan(3);
      expect(much.peak / little.peak).toBeLessThan(5);
    }
    expect(large.vae.peak).toBeGreaterThan(2 * small.vae.peak);
    expect(large.together.vae).toBeGreaterThan(large.vae.peak);
    // 256 channels at the full size.
    expect(large.vae.largest).toBe(256 * 1024 * 1024 * 2);
    expect(large.tiledVae.peak).toBeLessThan(large.vae.peak / 2);
  });

  it('takes less by our own kernels, which share their memory', () => {
    const [ort, own] = [needs(512), needs(512, 1, computing('own'))];
    // Weights lie in rows of four; a number for each channel is nearly nothing.
    expect(own.unet.weights / ort.unet.weights).toBeCloseTo(1, 2);
    for (const network of ['unet', 'vae', 'tiledVae'] as const)
      expect(own[network].peak).toBeLessThan(ort[network].peak);
    // The largest of them, and what each keeps to itself.
    const peaks = [...own.text, own.unet, own.vae].map(({ peak }) => peak);
    expect(own.together.vae).toBeGreaterThanOrEqual(Math.max(...peaks));
    expect(own.together.vae).toBeLessThan(1.1 * Math.max(...peaks));
    expect(own.together.vae).toBeLessThan(ort.together.vae);
  });

  it('counts each network by whose kernels compute it', () => {
    const kernels = { ...computing().kernels, setting: 'auto', measured: { UNet: 'own' } } as const;
    const [ort, own, mixed] = [computing(), computing('own'), { ...computing(), kernels }].map((on) =>
      needs(512, 1, on),
    );
    expect(mixed!.unet).toEqual(own!.unet);
    expect(mixed!.vae).toEqual(ort!.vae);
    // onnxruntime keeps what it has for itself, and so do ours.
    expect(mixed!.together.vae).toBeGreaterThan(ort!.vae.peak);
    // A tensor that no buffer of the device holds is onnxruntime's to compute.
    const narrow = { ...computing('own'), maxBinding: 2 ** 20 };
    expect(needs(512, 1, narrow).vae).toEqual(ort!.vae);
  });

  it('runs as it fits', () => {
    const plan = (side: number, gigabytes: number | null, maxBuffer = 0) => {
      const options = { ...DEFAULT_MEMORY, gpuMemory: gigabytes && gigabytes * 1e9 };
      return planMemory(needs(side), options, maxBuffer);
    };
    expect(plan(512, null)).toMatchObject({ lowVram: false, tiledVae: false });
    expect(plan(512, 4)).toMatchObject({ lowVram: true, tiledVae: false });
    expect(plan(768, 6)).toMatchObject({ lowVram: false, tiledVae: true });
    expect(plan(1024, 6)).toMatchObject({ lowVram: false, tiledVae: true });
    expect(plan(1024, 10)).toMatchObject({ lowVram: false, tiledVae: false });
    // Enough memory, but no buffer may be so large.
    expect(plan(1024, 24, 2 ** 28)).toMatchObject({ lowVram: false, tiledVae: true });
    // Nothing fits: the leanest way is tried.
    expect(plan(2048, 2)).toMatchObject({ lowVram: true, tiledVae: true });
  });

  it('does what the person says', () => {
    const forced = planMemory(needs(1024), { lowVram: 'on', tiledVae: 'off', gpuMemory: 48e9 }, 0);
    expect(forced).toMatchObject({ lowVram: true, tiledVae: false });
    const open = planMemory(needs(1024), { lowVram: 'off', tiledVae: 'on', gpuMemory: 1e9 }, 0);
    expect(open).toMatchObject({ lowVram: false, tiledVae: true });
    expect(open.bytes).toBeGreaterThan(forced.bytes / 2);
  });
});

describe.skipIf(!listReference('models', 'manifests').includes('sdxl-base.json.gz'))('SDXL', () => {
  it.each([
    [8, { lowVram: true }],
    [12, { lowVram: false, tiledVae: true }],
    [16, { lowVram: false, tiledVae: false }],
  ])('at 1024x1024 on %i GB', (gigabytes, expected) => {
    const needs = memoryNeeds(published('sdxl-base'), square(1024), computing())!;
    const plan = planMemory(needs, { ...DEFAULT_MEMORY, gpuMemory: gigabytes * 1e9 }, 0);
    expect(plan).toMatchObject(expected);
    expect(plan.bytes).toBeLessThan(0.9 * gigabytes * 1e9);
  });
});

it.skipIf(!listReference('models', 'manifests').includes('sdxl-base.json.gz'))(
  'a VAE that overflows float16 takes twice as much',
  () => {
    const model = published('sdxl-base');
    const [usual, wide] = [false, true].map((vaeOverflows) =>
      memoryNeeds({ ...model, vaeOverflows }, square(512), computing()),
    );
    expect(wide!.vae.weights).toBe(2 * usual!.vae.weights);
    expect(wide!.vae.largest).toBe(2 * usual!.vae.largest);
    expect(wide!.unet).toEqual(usual!.unet);
  },
);

describe.skipIf(!listReference('models', 'manifests').includes('vae-standalone.json.gz'))('decoders', () => {
  const needs = (decoders: Partial<Parameters<typeof memoryNeeds>[3]>) =>
    memoryNeeds(published('sd1'), square(512), computing(), { vae: null, taesd: null, ...decoders })!;
  const bytes = (all: ReturnType<typeof needs>) => planMemory(all, DEFAULT_MEMORY, 0).bytes;
  const own = needs({});

  it('counts the VAE that is chosen, with its own weights and their range', () => {
    const vae = published('vae-standalone');
    expect(needs({ vae })).toEqual(own);
    const wide = needs({ vae: { ...vae, vaeOverflows: true } });
    expect(wide.vae.weights).toBe(2 * own.vae.weights);
    expect(wide.unet).toEqual(own.unet);
  });

  it('counts the VAE for a checkpoint without one, and does without', () => {
    const whole = published('sd1');
    const networks = { ...whole.detection.networks!, vae: null };
    const bare = { ...whole, detection: { ...whole.detection, networks } };
    const vae = published('vae-standalone');
    expect(memoryNeeds(bare, square(512), computing(), { vae, taesd: null })).toEqual(own);
    expect(memoryNeeds(bare, square(512), computing())!.vae.weights).toBe(0);
  });

  it('counts the encoder where a picture is encoded', () => {
    expect(own.encoder).toEqual({ weights: 0, peak: 0, largest: 0 });
    const source = { file: new Blob(), sha256: '', size: { width: 1000, height: 1500 } };
    const img2img = { ...DEFAULT_IMG2IMG, source };
    const over = (how: Partial<Img2Img>) =>
      memoryNeeds(published('sd1'), { ...square(512), img2img: { ...img2img, ...how } }, computing())!;
    const { encoder, tiledEncoder, ...rest } = over({});
    // In float32.
    expect(encoder.weights / MB).toBeCloseTo(137, 0);
    expect(tiledEncoder.largest).toBeLessThan(encoder.largest);
    expect(rest.unet).toEqual(own.unet);
    expect(bytes(over({}))).toBeGreaterThanOrEqual(bytes(own));
    // A latent is resized after the whole picture was encoded.
    const latent = over({ resizeMode: 'Just resize (latent upscale)' });
    expect(latent.encoder.peak).toBeGreaterThan(3 * encoder.peak);
    expect(latent.tiledEncoder.peak).toBeLessThan(latent.encoder.peak);
    expect(memoryNeeds(published('sd1-inpainting'), square(512), computing())!.encoder).toEqual(encoder);
    // Of what is masked, only the part that is painted.
    const inpaint = { ...DEFAULT_INPAINT, mask: source, inpaintArea: 'Only masked' } as const;
    const part = over({ resizeMode: 'Just resize (latent upscale)', inpaint });
    expect(part.encoder).toEqual(encoder);
  });

  it('counts the picture that InstructPix2Pix models are guided by', () => {
    const source = { file: new Blob(), sha256: '', size: null };
    const needs = (imageCfgScale: number) =>
      memoryNeeds(
        published('sd1-instruct-pix2pix'),
        { ...square(512), img2img: { ...DEFAULT_IMG2IMG, source, imageCfgScale } },
        computing(),
      )!;
    expect(needs(1.5).unet.peak).toBeGreaterThan(1.2 * needs(1).unet.peak);
  });

  it('a tiny decoder stays beside the others', () => {
    const all = needs({ taesd: published('taesd-decoder') });
    expect(all.taesd.weights / MB).toBeCloseTo(2.4, 0);
    expect(bytes(all) - bytes(own)).toBeGreaterThanOrEqual(all.taesd.weights);
  });
});

describe('hires fix', () => {
  const bytes = (hires: Partial<Hires> | null, side = 512) => {
    const request = { ...square(side), hires: hires && { ...DEFAULT_HIRES, ...hires } };
    return planMemory(
      memoryNeeds(published('sd1'), request, computing())!,
      { ...DEFAULT_MEMORY, gpuMemory: 48e9 },
      0,
    ).bytes;
  };

  it('takes what the second size takes, and a little for the first', () => {
    const [plain, hires] = [bytes(null, 1024), bytes({ scale: 2 })];
    // Buffers that earlier runs have left may fit a little better.
    expect(hires).toBeGreaterThan(0.99 * plain);
    expect(hires).toBeLessThan(1.2 * plain);
  });

  it('takes an encoder where pictures are enlarged', () => {
    expect(bytes({ scale: 2, upscaler: 'Lanczos' })).toBeGreaterThan(bytes({ scale: 2 }));
  });
});

describe('memoryAdvice', () => {
  it('names what can be lowered', () => {
    const advice = memoryAdvice(square(1024, 4), { lowVram: false, tiledVae: false, bytes: 0, working: 0 });
    for (const part of ['batch size (4 now', 'Low VRAM mode', 'Tiled VAE', '1024 x 1024 now']) {
      expect(advice).toContain(part);
    }
  });

  it('names nothing that would not help', () => {
    const advice = memoryAdvice(square(512), { lowVram: true, tiledVae: false, bytes: 0, working: 0 });
    expect(advice).toBe('Close other tabs and programs that use the GPU, and try again.');
    expect(memoryAdvice(square(768), { lowVram: true, tiledVae: true, bytes: 0, working: 0 })).not.toContain(
      'Settings',
    );
  });
});
