import { describe, expect, it } from 'vitest';
import { withExtras, extrasText } from './extras-text.ts';
import { splitInfotext } from './infotext/parse.ts';

const INFO = new Map<string, string | number>([
  ['Postprocess upscale by', 2],
  ['Postprocess upscaler', '4x, soft'],
]);

describe('what Extras did, in the text', () => {
  it('is quoted as A1111 quotes', () => {
    expect(extrasText(INFO)).toBe('Postprocess upscale by: 2, Postprocess upscaler: "4x, soft"');
    expect(extrasText(new Map())).toBe('');
  });

  it('comes after the fields of the source, which can be read still', () => {
    const source = 'a cat\nNegative prompt: blurry\nSteps: 20, Sampler: Euler, Seed: 1, Size: 64x64\n';
    const { prompt, negativePrompt, fields } = splitInfotext(withExtras(source, INFO));
    expect([prompt, negativePrompt, fields.get('Seed')]).toEqual(['a cat', 'blurry', '1']);
    expect(fields.get('Postprocess upscaler')).toBe('4x, soft');
  });

  it('is a line of its own where the source has no fields, and all there is without a text', () => {
    expect(withExtras('drawn by hand', INFO)).toBe(`drawn by hand\n${extrasText(INFO)}`);
    expect(withExtras('', INFO)).toBe(extrasText(INFO));
    expect(withExtras('drawn by hand', new Map())).toBe('drawn by hand');
  });
});
