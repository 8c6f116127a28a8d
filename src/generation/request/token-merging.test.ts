import { describe, expect, it } from 'vitest';
import { parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from './parameters.ts';
import { DEFAULT_IMG2IMG, DEFAULT_PARAMETERS, type GenerationParameters, type Img2Img } from './request.ts';
import { tokenMergingOf } from './token-merging.ts';

const IMG2IMG: Img2Img = {
  ...DEFAULT_IMG2IMG,
  source: { file: new Blob(), sha256: '0'.repeat(64), size: null },
};

function asked(ratio: number, ofImg2img: number, img2img: Img2Img | null): GenerationParameters {
  const settings = {
    ...DEFAULT_PARAMETERS.settings,
    tokenMergingRatio: ratio,
    tokenMergingRatioImg2img: ofImg2img,
    tokenMergingRatioHr: 0.6,
  };
  return { ...DEFAULT_PARAMETERS, prompt: 'a', seed: 1, settings, img2img };
}

describe.each([
  ['txt2img', 0.5, 0.3, null, 0.5],
  ['txt2img of none', 0, 0.3, null, 0],
  ['img2img', 0.5, 0.3, IMG2IMG, 0.3],
  ['img2img of none', 0.5, 0, IMG2IMG, 0.5],
])('token merging of %s', (_, ratio, ofImg2img, img2img, means) => {
  const request = asked(ratio, ofImg2img, img2img);

  it('goes by its own setting first', () => {
    expect(tokenMergingOf(request)).toBe(means);
  });

  it('is told in the text as one ratio, which means the same again', () => {
    const text = fromGenerationParameters(request, { seed: 1, modelName: 'm' });
    const told = parseInfotext(text);
    expect(told['Token merging ratio']).toBe(means === 0 ? undefined : String(means));
    // Nothing was made a second pass of.
    expect(told['Token merging ratio hr']).toBeUndefined();
    if (means > 0) expect(text).toMatch(/Model: m.*, Token merging ratio: 0\.\d, /);
    const again = { ...request, ...toGenerationParameters(told) };
    expect(tokenMergingOf(again)).toBe(means);
  });
});
