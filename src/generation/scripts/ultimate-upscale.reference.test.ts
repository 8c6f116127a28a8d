// Ultimate SD upscale's passes, their masks and what is said of them, as the original has them with nothing painted between: every
// picture comes back unchanged (tests/reference/extensions, regions.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { upscaleBuiltIn } from '../../finishing/upscale.ts';
import { maskedRegion } from '../../image/masked-region.ts';
import type { Mask } from '../../image/mask.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { withoutPause } from '../../image/pause.ts';
import { parseInfotext } from '../request/infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from '../request/parameters.ts';
import { passesOf } from '../request/passes.ts';
import { prepareRequest } from '../request/prepare.ts';
import { DEFAULT_IMG2IMG, DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';
import { parseScript } from '../request/script.ts';
import {
  REDRAW_MODES,
  SEAMS_FIX_TYPES,
  TARGET_SIZE_TYPES,
  type UltimateUpscale,
} from '../request/ultimate-upscale-options.ts';
import { validateParameters } from '../request/validate.ts';
import type { Pass, PassResult, ScriptHost, ScriptRequest } from './host.ts';
import { runScript } from './run-script.ts';
import { enlargingFactors } from './ultimate-upscale.ts';

interface Call {
  readonly width: number;
  readonly height: number;
  readonly denoise: number;
  readonly mask_blur: number;
  readonly padding: number;
  readonly full_res: boolean;
  readonly mask_box: readonly number[];
  readonly mask_column?: readonly number[];
  readonly mask_row?: readonly number[];
}

interface Case {
  readonly image: readonly [width: number, height: number];
  readonly target_size_type: number;
  readonly custom: readonly [width: number, height: number];
  readonly scale: number;
  readonly args: {
    readonly tile_width: number;
    readonly tile_height: number;
    readonly mask_blur: number;
    readonly padding: number;
    readonly seams_fix_width: number;
    readonly seams_fix_denoise: number;
    readonly seams_fix_padding: number;
    readonly seams_fix_mask_blur: number;
    readonly seams_fix_type: number;
    readonly redraw_mode: number;
  };
  readonly canvas: readonly [width: number, height: number];
  readonly calls: readonly Call[];
  readonly infotext: Readonly<Record<string, string | number>>;
}

const [file] = listReference('extensions').filter((name) => name === 'regions.json');
const cases = file
  ? readReferenceJson<{ ultimate_upscale?: { cases: Case[] } }>('extensions', file).ultimate_upscale?.cases
  : undefined;

function scriptOf({ args, custom, scale, target_size_type: type }: Case): UltimateUpscale {
  const script = parseScript('Ultimate SD upscale', {
    targetSizeType: TARGET_SIZE_TYPES[type],
    ...{ customWidth: custom[0], customHeight: custom[1], scale },
    redrawMode: REDRAW_MODES[args.redraw_mode],
    ...{ tileWidth: args.tile_width, tileHeight: args.tile_height },
    ...{ maskBlur: args.mask_blur, padding: args.padding },
    seamsFixType: SEAMS_FIX_TYPES[args.seams_fix_type],
    ...{ seamsFixDenoise: args.seams_fix_denoise, seamsFixWidth: args.seams_fix_width },
    ...{ seamsFixMaskBlur: args.seams_fix_mask_blur, seamsFixPadding: args.seams_fix_padding },
  });
  return script as UltimateUpscale;
}

function requestOf(
  script: UltimateUpscale,
  image: Case['image'],
  [width, height]: Case['image'] = [512, 512],
) {
  const source = {
    ...{ file: new Blob(), sha256: '0'.repeat(64) },
    size: { width: image[0], height: image[1] },
  };
  const prepared = prepareRequest({
    ...DEFAULT_PARAMETERS,
    ...{
      seed: 1000,
      width,
      height,
      script,
      img2img: { ...DEFAULT_IMG2IMG, source, denoisingStrength: 0.35 },
    },
  });
  return prepared as GenerationParameters & Pick<ScriptRequest['parameters'], 'img2img'>;
}

/** Nothing is painted. `stopAt`: the pass in which the person interrupts. */
async function carriedOut(parameters: ScriptRequest['parameters'], stopAt = Infinity) {
  const { width, height } = parameters.img2img.source.size!;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % 251);
  const source: PixelImage = { width, height, channels: 3, data };
  const [passes, kept]: [Pass[], PixelImage[]] = [[], []];
  const host: ScriptHost = {
    ...{ upscale: upscaleBuiltIn, pause: withoutPause },
    paint: (pass): Promise<PassResult> => {
      passes.push(pass);
      return Promise.resolve({ pictures: pass.sources, cut: passes.length > stopAt ? 'interrupt' : null });
    },
    keep: (picture) => Promise.resolve(void kept.push(picture)),
  };
  await runScript(host, parameters.script!, { parameters, source, mask: null, batch: 0 });
  return { passes, kept };
}

const boxOf = (mask: Mask): number[] => {
  const { left, top, right, bottom } = maskedRegion(mask, 0)!;
  return [left, top, right, bottom];
};

describe.skipIf(cases === undefined)('Ultimate SD upscale', () => {
  for (const one of cases ?? []) {
    const { args, image, canvas } = one;
    const name = `${image.join(' x ')} to ${canvas.join(' x ')}, redraw ${args.redraw_mode}, seams ${args.seams_fix_type}`;
    it(`${name}, tiles ${args.tile_width} x ${args.tile_height}`, async () => {
      const parameters = requestOf(scriptOf(one), image, one.target_size_type === 0 ? canvas : undefined);
      expect(validateParameters(parameters)).toEqual([]);
      const { passes, kept } = await carriedOut(parameters);
      expect(kept[0]).toMatchObject({ width: canvas[0], height: canvas[1] });
      expect(passes).toHaveLength(one.calls.length);
      for (const [i, call] of one.calls.entries()) expectCall(passes[i]!, call);
      const planned = passesOf(parameters);
      expect(planned.passes.map(({ width, height }) => [width, height])).toEqual(
        one.calls.map(({ width, height }) => [width, height]),
      );
      expect(kept).toHaveLength(planned.pictures);
      expectText(parameters, one);
    });
  }
});

function expectCall({ parameters, mask, sources }: Pass, call: Call): void {
  const { width, height, seed, batchSize, img2img } = parameters;
  expect({ width, height, seed, batchSize }).toEqual({
    ...{ width: call.width, height: call.height, seed: 1000, batchSize: 1 },
  });
  expect(img2img.denoisingStrength).toBe(call.denoise);
  const { maskBlur, padding, inpaintArea, maskedContent } = img2img.inpaint!;
  expect({ maskBlur, padding, maskedContent }).toEqual({
    ...{ maskBlur: call.mask_blur, padding: call.padding, maskedContent: 'original' },
  });
  expect(inpaintArea === 'Only masked').toBe(call.full_res);
  expect([mask!.width, mask!.height]).toEqual([sources[0]!.width, sources[0]!.height]);
  const box = boxOf(mask as Mask);
  expect(box).toEqual(call.mask_box);
  const [left, top, right, bottom] = box as [number, number, number, number];
  // Of the box's first and last pixels.
  const [x, y] = [Math.floor((left + right - 1) / 2), Math.floor((top + bottom - 1) / 2)];
  const sampled = (count: number, value: (at: number) => number): number[] =>
    Array.from({ length: count }, (_, i) => value(8 * i));
  const { data } = mask!;
  if (call.mask_column)
    expect(sampled(call.mask_column.length, (at) => data[at * mask!.width + x]!)).toEqual(call.mask_column);
  if (call.mask_row)
    expect(sampled(call.mask_row.length, (at) => data[y * mask!.width + at]!)).toEqual(call.mask_row);
}

/** The original's fields are said, and the text asks for the same again; so does one that says no more than the original does. */
function expectText(parameters: GenerationParameters, { infotext }: Case): void {
  const text = fromGenerationParameters(parameters, { seed: 1000 });
  const said = parseInfotext(text);
  const texts = Object.fromEntries(Object.entries(infotext).map(([name, value]) => [name, String(value)]));
  expect(said).toMatchObject(texts);
  expect(toGenerationParameters(said)).toMatchObject({ script: parameters.script });
  const { tileWidth, tileHeight, maskBlur, padding } = parameters.script as UltimateUpscale;
  const line = Object.entries(texts).map(([name, value]) => `${name}: ${value}`);
  const read = toGenerationParameters(parseInfotext(`a\nSteps: 4, Size: 1024x768, ${line.join(', ')}`));
  expect(read.script).toMatchObject({
    kind: 'Ultimate SD upscale',
    tileWidth,
    tileHeight,
    maskBlur,
    padding,
  });
  expect(read.script).toMatchObject({ targetSizeType: 'From img2img2 settings' });
}

describe('Ultimate SD upscale beyond the recorded runs', () => {
  const asked = (changed: Partial<UltimateUpscale>, size: readonly [number, number] = [128, 64]) =>
    requestOf(parseScript('Ultimate SD upscale', changed) as UltimateUpscale, size);

  it('keeps what is done when it is interrupted, once', async () => {
    const { passes, kept } = await carriedOut(
      asked({ tileWidth: 64, scale: 2, targetSizeType: 'Scale from image size', seamsFixType: 'Band pass' }),
      2,
    );
    expect(passes).toHaveLength(3);
    expect(kept).toHaveLength(1);
  });

  it('enlarges by whole numbers, beyond the scale where none divides it', () => {
    expect([1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16].map(enlargingFactors)).toEqual([
      ...[[2], [2], [2], [3], [4], [3, 2], [3, 2], [4, 2], [4, 2], [3, 3], [4, 3], [4, 4]],
    ]);
    // The original stops with an error here.
    expect(enlargingFactors(10)).toEqual([2, 3, 2]);
  });

  it('refuses what would paint nothing, or tiles of next to nothing', () => {
    const problems = (changed: Partial<UltimateUpscale>) => validateParameters(asked(changed)).join();
    expect(problems({ redrawMode: 'None' })).toMatch(/paint nothing/);
    expect(problems({ tileWidth: 0, tileHeight: 0 })).toMatch(/at least 64/);
    expect(problems({ tileWidth: 8 })).toMatch(/at least 64/);
    expect(problems({ seamsFixType: 'Band pass', seamsFixWidth: 0 })).toMatch(/Seams fix width/);
    expect(passesOf(asked({ tileWidth: 1 })).passes).toEqual([]);
  });

  it('says what is too large, and that there is no seam', async () => {
    const scale = { targetSizeType: 'Scale from image size', scale: 16 } as const;
    await expect(carriedOut(asked(scale, [1024, 1024]))).rejects.toThrow(/16384 x 16384/);
    const seams = { redrawMode: 'None', seamsFixType: 'Half tile offset pass' } as const;
    await expect(carriedOut(asked(seams))).rejects.toThrow(/one tile/);
  });
});
