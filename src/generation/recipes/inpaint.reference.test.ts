// Inpainting without its networks: what goes to the VAE, what of the latent is painted, and what is laid over the result, as A1111's
// StableDiffusionProcessingImg2Img.init and apply_overlay have it (tests/reference/pictures/inpaint.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { pictureTensors, referencePicture } from '../../../tests/reference-pictures.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { FAMILIES } from '../../families/families.ts';
import { greyOf, type Mask } from '../../image/mask.ts';
import { overlayOf } from '../../image/overlay.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { RESIZE_MODES } from '../../image/resize-modes.ts';
import type { Raster } from '../../image/resize.ts';
import { img2imgToText } from '../request/img2img-text.ts';
import {
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  DEFAULT_PARAMETERS,
  DEFAULT_SOFT_INPAINTING,
  INPAINT_AREAS,
  MASK_MODES,
  MASKED_CONTENTS,
  type GenerationParameters,
  type Img2Img,
} from '../request/request.ts';
import type { SourcePicture } from '../request/source-picture.ts';
import { initLatents, startImg2Img, type Img2ImgStart } from './img2img.ts';
import { pastedBack, placed } from './inpaint.ts';

/** Constructor arguments; those that are left out are `defaults`. */
interface Arguments {
  readonly width: number;
  readonly height: number;
  readonly resize_mode: number;
  readonly mask_blur_x: number;
  readonly mask_blur_y: number;
  readonly inpaint_full_res: boolean;
  readonly inpaint_full_res_padding: number;
  readonly inpainting_fill: number;
  readonly inpainting_mask_invert: number;
  readonly mask_round: boolean;
}

/** Strings are names of tensors. */
interface Case {
  readonly arguments: Partial<Arguments>;
  readonly init: string;
  readonly mask: string | null;
  readonly latent_mask?: string;
  readonly init_image: string;
  readonly extra_generation_params: Readonly<Record<string, unknown>>;
  /** x, y, width, height. */
  readonly paste_to: readonly number[] | null;
  readonly image_mask?: string;
  readonly mask_for_overlay?: string;
  readonly overlay?: string;
  /** What of each latent pixel is kept. */
  readonly latent_mask_p?: string;
  readonly noise?: string;
  readonly init_latent?: string;
  readonly decoded?: string;
  readonly final?: string;
  readonly final_before_overlay?: string;
}

const FILE = 'inpaint';
const there = [`${FILE}.json`, `${FILE}.safetensors.gz`].every((name) =>
  listReference('pictures').includes(name),
);
const { defaults, init: cases } = there
  ? readReferenceJson<{ defaults: Arguments; init: readonly Case[] }>('pictures', `${FILE}.json`)
  : { defaults: {} as Arguments, init: [] };
const tensors = there ? pictureTensors(FILE) : null;
const picture = (name: string): Promise<Raster> => referencePicture(tensors!, name);
const BATCH = { first: 0, size: 1 };

/** What stood for the VAE: means of 8 x 8 pixels of 0..1, the fourth channel half of the first. */
async function encode(image: Float32Array, height: number, width: number): Promise<Float32Array> {
  const [rows, columns] = [Math.floor(height / 8), Math.floor(width / 8)];
  const out = new Float32Array(4 * rows * columns);
  for (let i = 0; i < out.length; i++) {
    const channel = Math.floor(i / (rows * columns));
    const [y, x] = [Math.floor((i % (rows * columns)) / columns), i % columns];
    let sum = 0;
    for (let pixel = 0; pixel < 64; pixel++) {
      const row = (channel % 3) * height + 8 * y + (pixel >> 3);
      sum += image[row * width + 8 * x + (pixel & 7)]!;
    }
    out[i] = (sum / 128 + 0.5) * (channel === 3 ? 0.5 : 1);
  }
  return out;
}

const NETWORKS = {
  family: FAMILIES[0]!,
  latentChannels: 4,
  unetChannels: 4,
  scaleFactor: 1,
  encode,
};

const SOURCE: SourcePicture = { file: new Blob(), sha256: '0'.repeat(64), size: null };

function requestOf(one: Case): GenerationParameters & { readonly img2img: Img2Img } {
  const given = { ...defaults, ...one.arguments };
  const inpaint = {
    ...DEFAULT_INPAINT,
    mask: SOURCE,
    maskBlur: given.mask_blur_x,
    maskBlurDown: given.mask_blur_y,
    maskMode: MASK_MODES[given.inpainting_mask_invert]!,
    maskedContent: MASKED_CONTENTS[given.inpainting_fill]!,
    inpaintArea: INPAINT_AREAS[given.inpaint_full_res ? 1 : 0]!,
    padding: given.inpaint_full_res_padding,
    // That is what takes the rounding away.
    soft: given.mask_round ? null : DEFAULT_SOFT_INPAINTING,
  };
  const img2img = {
    ...DEFAULT_IMG2IMG,
    source: SOURCE,
    resizeMode: RESIZE_MODES[given.resize_mode]!,
    inpaint: one.mask === null ? null : inpaint,
  };
  return { ...DEFAULT_PARAMETERS, width: given.width, height: given.height, img2img };
}

async function start(one: Case, request: ReturnType<typeof requestOf>): Promise<Img2ImgStart> {
  const latentMask = one.latent_mask === undefined ? null : greyOf(await picture(one.latent_mask));
  return startImg2Img(NETWORKS, request, request.img2img, {
    source: (await picture(one.init)) as PixelImage,
    mask: one.mask === null ? null : await picture(one.mask),
    ...(latentMask && { latentMask }),
  });
}

/** At most 1 apart where Gaussian blurs of floats are in it: else to the byte. */
function expectBytes(actual: Raster, expected: Raster, most = 0): void {
  const { width, height, channels } = expected;
  expect([actual.width, actual.height, actual.channels]).toEqual([width, height, channels]);
  const far = Array.from(actual.data, (value, at) => Math.abs(value - expected.data[at]!));
  expect(far.reduce((largest, value) => Math.max(largest, value), 0)).toBeLessThanOrEqual(most);
}

describe.skipIf(!there)('inpainting without networks', () => {
  it.each(cases.map((one, index) => [index, JSON.stringify(one.arguments), one] as const))(
    '%i %s',
    async (_, __, one) => {
      const request = requestOf(one);
      const { painting, ...started } = await start(one, request);
      const filled = request.img2img.inpaint && request.img2img.inpaint.maskedContent !== 'original';
      expectBytes(started.picture, await picture(one.init_image), filled ? 1 : 0);
      expect(painting !== null).toBe(one.mask_for_overlay !== undefined);

      const { 'Mask blur': blur, ...told } = one.extra_generation_params;
      const text = img2imgToText(request.img2img);
      expect(text).toMatchObject(told);
      // Null there where it differs from top to bottom.
      if (typeof blur === 'number') expect(text['Mask blur']).toBe(blur);
      if (!painting) return expect(one.paste_to).toBeNull();

      const { region } = painting.area;
      const place = region && [
        region.left,
        region.top,
        region.right - region.left,
        region.bottom - region.top,
      ];
      expect(place).toEqual(one.paste_to);
      const mask: Mask = greyOf(await picture(one.mask_for_overlay!));
      expectBytes(painting.overlayMask, mask);
      expectBytes(overlayOf(painting.whole, painting.overlayMask), await picture(one.overlay!));
      const kept = (await tensors!).get(one.latent_mask_p!)!.data;
      expect([...painting.paint.map((value) => Math.fround(1 - value))]).toEqual([...kept]);
      if (one.init_latent !== undefined) await checkLatent(one, request, { ...started, painting });

      // Soft inpainting lays something else over; here it is the mask itself.
      const hard = { ...painting, inpaint: { ...painting.inpaint, soft: null } };
      const decoded = (await picture(one.decoded!)) as PixelImage;
      const latent = { original: started.latent, painted: started.latent };
      const there = await placed(decoded, hard, latent, request, null);
      expectBytes(there.painted, await picture(one.final_before_overlay!));
      expectBytes(pastedBack(there, hard), await picture(one.final!));
    },
  );
});

/** The noise that was given there is another: with it, only what is kept is compared. */
async function checkLatent(one: Case, request: GenerationParameters, start: Img2ImgStart): Promise<void> {
  const { data } = (await tensors!).get(one.init_latent!)!;
  const latents = initLatents({ ...request, seed: 1, subseed: 1 }, start, BATCH);
  const { paint } = start.painting!;
  const compared = (_: number, i: number): boolean =>
    one.noise === undefined || paint[i % paint.length] === 0;
  expect(relativeError(latents.filter(compared), data.filter(compared))).toBeLessThan(1e-6);
}
