import { expect, it } from 'vitest';
import { DEFAULT_INPAINT, DEFAULT_SOFT_INPAINTING } from '../generation/request/request.ts';
import { choiceOf, inpaintOf, parseInpaintChoice } from './inpaint-choice.ts';

const DEFAULT = parseInpaintChoice(undefined);

it("is A1111's default where nothing was stored, and where what was stored makes no sense", () => {
  expect(inpaintOf(DEFAULT)).toEqual(DEFAULT_INPAINT);
  for (const stored of [null, 7, [], { maskBlur: 'x', maskMode: 3, soft: 'y', padding: Number.NaN }])
    expect(parseInpaintChoice(stored)).toEqual(DEFAULT);
  expect(parseInpaintChoice({ maskBlur: 1e9, padding: -4 })).toMatchObject({ maskBlur: 64, padding: 0 });
});

it('keeps the sliders of soft inpainting while it is off', () => {
  const soft = { ...DEFAULT_SOFT_INPAINTING, scheduleBias: 3 };
  const off = parseInpaintChoice({ ...DEFAULT, soft });
  expect(inpaintOf(off).soft).toBeNull();
  expect(inpaintOf({ ...off, softOn: true }).soft).toEqual(soft);
  expect(choiceOf({ ...DEFAULT_INPAINT, maskBlur: 9 }, off)).toEqual({ ...off, maskBlur: 9 });
  expect(choiceOf({ ...DEFAULT_INPAINT, soft }, DEFAULT)).toEqual({ ...off, softOn: true });
});
