// What scripts make of pictures, with nothing painted between: every picture comes back with its colours inverted, as in the
// original's runs (tests/reference/pictures).
import { describe, expect, it } from 'vitest';
import { pictureTensors, referencePicture } from '../../../tests/reference-pictures.ts';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { Raster } from '../../image/resize.ts';
import { upscaleBuiltIn } from '../../finishing/upscale.ts';
import { UPSCALERS } from '../../image/upscale.ts';
import { withoutPause } from '../../image/pause.ts';
import { MASKED_CONTENTS } from '../request/masked-content.ts';
import { passesOf } from '../request/passes.ts';
import { DEFAULT_IMG2IMG, DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';
import { parseScript, type Script } from '../request/script.ts';
import { validateParameters } from '../request/validate.ts';
import type { Pass, ScriptHost } from './host.ts';
import { runScript } from './run-script.ts';

interface Call {
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly batch_size: number;
  readonly init_images: readonly string[];
}

interface SdUpscaleCase {
  readonly input: string;
  readonly tile: number;
  readonly overlap: number;
  readonly upscaler: string;
  readonly scale_factor: number;
  readonly batch_size: number;
  readonly n_iter: number;
  readonly calls: readonly Call[];
  readonly out: readonly string[];
}

interface OutpaintingCall extends Omit<Call, 'init_images'> {
  readonly init_image?: string;
  readonly init_images?: readonly string[];
  readonly image_mask: string;
  readonly latent_mask: string;
  readonly mask_blur_x: number;
  readonly mask_blur_y: number;
}

interface OutpaintingCase {
  readonly input: string;
  readonly pixels: number;
  readonly mask_blur: number;
  readonly directions: readonly string[];
  readonly calls: readonly OutpaintingCall[];
  readonly raises?: string;
}

interface PoorMansCase extends OutpaintingCase {
  readonly inpainting_fill: number;
  readonly tile: number;
  readonly out?: string;
}

interface Mk2Case extends OutpaintingCase {
  readonly noise_q: number;
  readonly color_variation: number;
  readonly width: number;
  readonly height: number;
  readonly batch_size: number;
  readonly out: readonly string[];
}

interface LoopbackCase {
  readonly loops: number;
  readonly final_denoising_strength: number;
  readonly curve: string;
  readonly denoising_strength: number;
  readonly n_iter: number;
  readonly batch_size: number;
  readonly strengths: readonly number[];
  readonly seeds: readonly number[];
  readonly inputs: readonly number[];
  /** The grid comes first, where there are several. */
  readonly result_images: readonly (readonly [width: number, height: number])[];
}

const there = (name: string) => listReference('pictures').includes(`${name}.json`);
interface Index {
  readonly sd_upscale: readonly SdUpscaleCase[];
  readonly poor_mans_outpainting: readonly PoorMansCase[];
  readonly outpainting_mk2: readonly Mk2Case[];
}

const {
  sd_upscale: upscales,
  poor_mans_outpainting: poorMans,
  outpainting_mk2: mk2,
} = there('outpaint')
  ? readReferenceJson<Index>('pictures', 'outpaint.json')
  : { sd_upscale: [], poor_mans_outpainting: [], outpainting_mk2: [] };
const { loopback: loopbacks } = there('prompt_scripts')
  ? readReferenceJson<{ loopback: readonly LoopbackCase[] }>('pictures', 'prompt_scripts.json')
  : { loopback: [] };

async function picture(name: string): Promise<PixelImage> {
  const { channels, ...image } = await referencePicture(pictureTensors('outpaint'), name);
  if (channels === 1) throw new Error(`${name} is grey`);
  return { ...image, channels };
}

/** All of a request's batches, with what was painted and what was kept. */
async function carriedOut(
  script: Script,
  source: PixelImage,
  changed: Partial<GenerationParameters>,
  denoisingStrength = DEFAULT_IMG2IMG.denoisingStrength,
): Promise<{ passes: Pass[]; made: PixelImage[]; kept: PixelImage[] }> {
  const { width, height } = source;
  const file = { file: new Blob(), sha256: '', size: { width, height } };
  const img2img = { ...DEFAULT_IMG2IMG, source: file, denoisingStrength };
  const parameters = { ...DEFAULT_PARAMETERS, seed: 1000, ...changed, img2img, script };
  const [passes, made, kept]: [Pass[], PixelImage[], PixelImage[]] = [[], [], []];
  const host: ScriptHost = {
    upscale: upscaleBuiltIn,
    pause: withoutPause,
    paint(pass) {
      passes.push(pass);
      const pictures = pass.sources.map(inverted);
      made.push(...pictures);
      return Promise.resolve({ pictures, cut: null });
    },
    keep: (image) => Promise.resolve(void kept.push(image)),
  };
  const planned = passesOf(parameters);
  for (let batch = 0; batch < planned.batches; batch++)
    await runScript(host, script, { parameters, source, mask: null, batch });
  const sizes = Array.from({ length: planned.batches }, () =>
    planned.passes.map((pass) => [pass.width, pass.height, pass.batchSize]),
  ).flat();
  expect(sizes, 'as planned').toEqual(passes.map(({ parameters: p }) => [p.width, p.height, p.batchSize]));
  expect(kept, 'as planned').toHaveLength(planned.batches * planned.pictures);
  return { passes, made, kept };
}

function inverted(image: PixelImage): PixelImage {
  return { ...image, data: image.data.map((value) => 255 - value) as Uint8Array<ArrayBuffer> };
}

describe.skipIf(upscales.length === 0)('SD upscale', () => {
  for (const one of upscales) {
    const name = `${one.input} x ${one.scale_factor} ${one.upscaler}, tiles ${one.tile}`;
    if (!UPSCALERS.some((known) => known === one.upscaler)) it.skip(`${name}: upscaler`, () => undefined);
    else
      it(name, async () => {
        const script = parseScript('SD upscale', {
          tileOverlap: one.overlap,
          scaleFactor: one.scale_factor,
          upscaler: one.upscaler,
        })!;
        const size = { width: one.tile, height: one.tile, batchSize: one.batch_size, batchCount: one.n_iter };
        const { passes, kept } = await carriedOut(script, await picture(one.input), size);
        const seeds = passes.map(({ parameters }) => parameters.seed);
        expect(seeds).toEqual(one.calls.map(({ seed }) => seed));
        const sources = await Promise.all(
          one.calls.map(({ init_images }) => Promise.all(init_images.map(picture))),
        );
        expect(passes.map((pass) => pass.sources)).toEqual(sources);
        expect(kept).toEqual(await Promise.all(one.out.map(picture)));
      });
  }
});

/** At most 1 apart: noise is computed in float64. */
function expectAlike(made: Raster, expected: Raster): void {
  expect([made.width, made.height]).toEqual([expected.width, expected.height]);
  const step = made.channels / expected.channels;
  expected.data.forEach((value, i) => {
    const other = made.data[Number.isInteger(step) ? i * step : i]!;
    if (Math.abs(other - value) > 1) throw new Error(`Byte ${i} is ${other} in place of ${value}.`);
  });
}

async function expectCalls(passes: readonly Pass[], calls: readonly OutpaintingCall[]): Promise<void> {
  expect(passes).toHaveLength(calls.length);
  for (const [i, call] of calls.entries()) {
    const { parameters, sources, mask, latentMask } = passes[i]!;
    const { width, height, batchSize, seed, img2img } = parameters;
    expect({ width, height, seed, batch_size: batchSize }).toMatchObject({
      ...{ width: call.width, height: call.height, seed: call.seed, batch_size: call.batch_size },
    });
    const { maskBlur, maskBlurDown } = img2img.inpaint!;
    expect([maskBlur, maskBlurDown]).toEqual([call.mask_blur_x, call.mask_blur_y]);
    const names = call.init_images ?? [call.init_image!];
    for (const [n, name] of names.entries()) expectAlike(sources[n]!, await picture(name));
    expect(mask).toEqual(await referencePicture(pictureTensors('outpaint'), call.image_mask));
    expect(latentMask).toEqual(await referencePicture(pictureTensors('outpaint'), call.latent_mask));
  }
}

describe.skipIf(poorMans.length === 0)("Poor man's outpainting", () => {
  for (const one of poorMans) {
    it(`${one.input}, ${one.pixels} ${one.directions.join(', ')}`, async () => {
      const script = parseScript("Poor man's outpainting", {
        ...{ pixels: one.pixels, maskBlur: one.mask_blur, directions: one.directions },
        maskedContent: MASKED_CONTENTS[one.inpainting_fill],
      })!;
      const size = { width: one.tile, height: one.tile };
      // Tiles that do not come on: a request for them is refused.
      if (one.raises !== undefined) {
        const img2img = {
          ...DEFAULT_IMG2IMG,
          source: { file: new Blob(), sha256: '0'.repeat(64), size: null },
        };
        const problems = validateParameters({ ...DEFAULT_PARAMETERS, ...size, img2img, script });
        return expect(problems.join()).toMatch(/Pixels to expand must be less/);
      }
      const { passes, kept } = await carriedOut(script, await picture(one.input), size);
      await expectCalls(passes, one.calls);
      expect(kept).toEqual([await picture(one.out!)]);
    });
  }
});

describe.skipIf(mk2.length === 0)('Outpainting mk2', () => {
  for (const one of mk2) {
    it(`${one.input}, ${one.pixels} ${one.directions.join(', ')}`, async () => {
      const script = parseScript('Outpainting mk2', {
        ...{ pixels: one.pixels, maskBlur: one.mask_blur, directions: one.directions },
        ...{ fallOffExponent: one.noise_q, colorVariation: one.color_variation },
      })!;
      const size = { width: one.width, height: one.height, batchSize: one.batch_size };
      const { passes, kept } = await carriedOut(script, await picture(one.input), size);
      await expectCalls(passes, one.calls);
      // Of several the grid comes first there.
      const out = one.out.slice(one.out.length > 1 ? 1 : 0);
      for (const [i, name] of out.entries()) expectAlike(kept[i]!, await picture(name));
      expect(kept).toHaveLength(out.length);
    });
  }
});

describe.skipIf(loopbacks.length === 0)('Loopback', () => {
  for (const [index, one] of loopbacks.entries()) {
    it(`${index}: ${one.loops} loops, ${one.n_iter} batches, ${one.curve}`, async () => {
      const script = parseScript('Loopback', {
        loops: one.loops,
        finalDenoisingStrength: one.final_denoising_strength,
        // A curve that is not known is linear.
        denoisingCurve: one.curve,
      })!;
      const source: PixelImage = { width: 1, height: 1, channels: 3, data: new Uint8Array([1, 2, 3]) };
      const size = { batchSize: one.batch_size, batchCount: one.n_iter };
      const { passes, made, kept } = await carriedOut(script, source, size, one.denoising_strength);
      expect(passes.map(({ parameters }) => parameters.seed)).toEqual(one.seeds);
      passes.forEach(({ parameters: { img2img } }, i) =>
        expect(img2img.denoisingStrength).toBeCloseTo(one.strengths[i]!, 12),
      );
      const sources = one.inputs.map((input) => (input < 0 ? source : made[input]));
      expect(passes.map((pass) => pass.sources[0])).toEqual(sources);
      const grid = one.result_images.length > 1 ? 1 : 0;
      expect(kept).toHaveLength(one.result_images.length - grid);
    });
  }
});
