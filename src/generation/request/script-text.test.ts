// A script's text asks for the same script again, whatever its options.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { img2imgFromText } from './img2img-text.ts';
import { parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters } from './parameters.ts';
import { DEFAULT_IMG2IMG, DEFAULT_PARAMETERS } from './request.ts';
import { SCRIPTS, type Script } from './script.ts';
import type { ScriptOption } from './script-option.ts';
import { scriptFromText } from './script-text.ts';

const source = { file: new Blob(), sha256: '0123456789abcdef'.repeat(4), size: null };

function valueOf(option: ScriptOption): fc.Arbitrary<unknown> {
  switch (option.type) {
    case 'number': {
      const { min, max, step } = option;
      return fc.integer({ min: 0, max: Math.floor((max - min) / step) }).map((n) => min + n * step);
    }
    case 'switch':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...option.choices);
    case 'upscaler':
      return fc.constantFrom(...option.choices, '4x-UltraSharp', 'a, b: "c" [0123456789]');
    case 'several':
      return fc.subarray([...option.choices], { minLength: 1 });
    case 'prompt':
      return fc.constantFrom('', 'a (cat:1.2), "sky"', 'two\nlines, Steps: 4');
  }
}

describe.each(SCRIPTS)('$kind', ({ kind, options }) => {
  const values = fc.record(Object.fromEntries(options.map((option) => [option.key, valueOf(option)])));

  it('comes back from the text of its pictures', () => {
    fc.assert(
      fc.property(values, (chosen) => {
        const script = { kind, ...chosen } as unknown as Script;
        const asked = { ...DEFAULT_PARAMETERS, img2img: { ...DEFAULT_IMG2IMG, source }, script };
        const infotext = parseInfotext(fromGenerationParameters(asked, { seed: 1 }));
        expect(scriptFromText(infotext)).toEqual(script);
        // What a script masks is not the person's mask.
        expect(img2imgFromText(infotext)).toMatchObject({ inpaint: null });
      }),
    );
  });
});
