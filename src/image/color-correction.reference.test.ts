// Lab in bytes as OpenCV has it, and A1111's colour correction.
import { describe, expect, it } from 'vitest';
import { readTensors } from '../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { correctColors } from './color-correction.ts';
import { labToRgb, rgbToLab } from './lab.ts';
import type { PixelImage } from './pixels.ts';

const FOLDER = 'pictures';
const has = (name: string): boolean => listReference(FOLDER).includes(`${name}.json`);

async function reader(name: string): Promise<(tensor: string) => PixelImage> {
  const tensors = await readTensors(bytesSource(readReference(FOLDER, `${name}.safetensors.gz`)));
  return (tensor) => {
    const { dims, data } = tensors.get(tensor)!;
    return { width: dims[1]!, height: dims[0]!, channels: 3, data: Uint8Array.from(data) };
  };
}

const differences = (actual: ArrayLike<number>, expected: ArrayLike<number>): number[] =>
  Array.from(expected, (value, i) => Math.abs(value - actual[i]!));

interface Colours {
  readonly colours: readonly { readonly conversion: string; readonly input: string; readonly out: string }[];
}

const CONVERSIONS = { RGB2LAB: rgbToLab, LAB2RGB: labToRgb } as const;

describe.skipIf(!has('recolor'))('conversions', () => {
  const { colours } = has('recolor') ? readReferenceJson<Colours>(FOLDER, 'recolor.json') : { colours: [] };
  for (const { conversion, input, out } of colours) {
    if (!(conversion in CONVERSIONS)) it.skip(`${conversion}: not needed`, () => undefined);
    else
      it(conversion, async () => {
        const read = await reader('recolor');
        const convert = CONVERSIONS[conversion as keyof typeof CONVERSIONS];
        const far = differences(convert(read(input).data), read(out).data);
        // Back it is OpenCV's integers that are off, where colours are dark and saturated.
        if (conversion === 'RGB2LAB') expect(far.every((by) => by === 0)).toBe(true);
        else expect(far.filter((by) => by > 1).length).toBeLessThan(far.length / 1000);
        expect(Math.max(...far)).toBeLessThanOrEqual(2);
      });
  }
});

interface Corrections {
  readonly color_correction: readonly {
    readonly source: string;
    readonly generated: string;
    readonly out: string;
  }[];
}

describe.skipIf(!has('inpaint'))('colour correction', () => {
  const { color_correction: cases } = has('inpaint')
    ? readReferenceJson<Corrections>(FOLDER, 'inpaint.json')
    : { color_correction: [] };
  it.each(cases)('$generated in the colours of $source', async ({ source, generated, out }) => {
    const read = await reader('inpaint');
    const corrected = correctColors(read(generated), read(source));
    expect(Math.max(...differences(corrected.data, read(out).data))).toBeLessThanOrEqual(2);
  });
});
