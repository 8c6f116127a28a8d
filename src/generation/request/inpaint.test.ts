// Requests of inpainting: what is checked, what the text says, and what requests of before are filled up with.
import { INPAINT_BOUNDS, SOFT_INPAINTING_BOUNDS } from './bounds.ts';
import { describe, expect, test } from 'vitest';
import { DEFAULT_IMG2IMG, DEFAULT_INPAINT, DEFAULT_PARAMETERS, DEFAULT_SOFT_INPAINTING } from './request.ts';
import type { GenerationParameters, Img2Img, Inpaint } from './request.ts';
import { img2imgFromText, img2imgToText } from './img2img-text.ts';
import { parseInfotext } from './infotext/parse.ts';
import { prepareRequest } from './prepare.ts';
import { validateParameters } from './validate.ts';

const picture = (digit: string) => ({ file: new Blob([digit]), sha256: digit.repeat(64), size: null });
const painted = (change: Partial<Inpaint> = {}): Img2Img => ({
  ...DEFAULT_IMG2IMG,
  source: picture('a'),
  inpaint: { ...DEFAULT_INPAINT, mask: picture('b'), ...change },
});
const problems = (change: object): string[] =>
  validateParameters({ ...DEFAULT_PARAMETERS, img2img: painted(change) });

describe('validateParameters', () => {
  test("A1111's defaults are fine, and so are the ends of its sliders", () => {
    expect(problems({})).toEqual([]);
    for (const [key, { min, max }] of Object.entries(INPAINT_BOUNDS))
      for (const value of [min, max]) expect(problems({ [key]: value }), key).toEqual([]);
    for (const [key, { min, max }] of Object.entries(SOFT_INPAINTING_BOUNDS)) {
      const soft = (value: number) => ({ soft: { ...DEFAULT_SOFT_INPAINTING, [key]: value } });
      for (const value of [min, max]) expect(problems(soft(value)), key).toEqual([]);
      for (const value of [min - 0.1, max + 0.1, NaN]) expect(problems(soft(value)), key).toHaveLength(1);
    }
  });

  test.each<[string, object]>([
    ['no mask', { mask: null }],
    ['a mask that is no file', { mask: { ...picture('b'), file: 'x' } }],
    ['a blur below 0', { maskBlur: -1 }],
    ['a blur that takes minutes', { maskBlur: 1e6 }],
    ['another blur down', { maskBlurDown: NaN }],
    ['an unknown mode', { maskMode: 'Invert' }],
    ['an unknown content', { maskedContent: 'Original' }],
    ['an unknown area', { inpaintArea: null }],
    ['a padding in parts of pixels', { padding: 0.5 }],
  ])('%s is refused', (_, change) => {
    expect(problems(change).length).toBeGreaterThan(0);
  });
});

describe('the text', () => {
  const textOf = (img2img: Img2Img): string => {
    const line = Object.entries(img2imgToText(img2img)).map(
      ([key, value]) => `${key}: ${value === true ? 'True' : String(value)}`,
    );
    return `a cat\nSteps: 20, ${line.join(', ')}`;
  };

  test.each<[string, Partial<Inpaint>]>([
    ['as it is', {}],
    ['inverted', { maskMode: 'Inpaint not masked', maskBlur: 0 }],
    ['blurred otherwise downwards', { maskBlur: 0, maskBlurDown: 8 }],
    ['only masked', { inpaintArea: 'Only masked', padding: 0, maskedContent: 'latent nothing' }],
    ['soft', { soft: { ...DEFAULT_SOFT_INPAINTING, maskInfluence: 0.4, scheduleBias: 2.5 } }],
  ])('%s', (_, change) => {
    const { inpaint } = painted(change);
    const told = img2imgFromText(parseInfotext(textOf(painted(change))))!.inpaint;
    const { mask, ...rest } = inpaint!;
    expect(told).toEqual({ ...rest, maskHash: mask.sha256.slice(0, 10) });
  });

  test("A1111's own says nothing of the mask", () => {
    const { inpaint } = img2imgFromText(
      parseInfotext('a cat\nSteps: 20, Sampler: Euler, Denoising strength: 0.75, Mask blur: 4'),
    )!;
    expect(inpaint).toEqual({ ...DEFAULT_INPAINT, maskHash: null });
    const whole = parseInfotext('a cat\nSteps: 20, Sampler: Euler, Denoising strength: 0.75');
    expect(img2imgFromText(whole)!.inpaint).toBeNull();
  });
});

test('what requests of before do not know is as A1111 has it', () => {
  const { mask, maskBlur } = painted({ maskBlur: 9 }).inpaint!;
  const older = {
    ...DEFAULT_PARAMETERS,
    img2img: { source: picture('a'), denoisingStrength: 0.3, inpaint: { mask, maskBlur, soft: {} } },
  } as unknown as GenerationParameters;
  expect(prepareRequest(older).img2img).toEqual({
    ...DEFAULT_IMG2IMG,
    source: picture('a'),
    denoisingStrength: 0.3,
    inpaint: { ...DEFAULT_INPAINT, mask, maskBlur: 9, soft: DEFAULT_SOFT_INPAINTING },
  });
});
