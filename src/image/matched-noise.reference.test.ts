// Noise that looks like a picture, as A1111's outpainting mk2 makes it.
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { pictureTensors, referencePicture } from '../../tests/reference-pictures.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { matchedNoise } from './matched-noise.ts';

interface Case {
  readonly source: string;
  readonly masked_from_column: number;
  readonly noise_q: number;
  readonly color_variation: number;
  readonly out: string;
}

const there = listReference('pictures').includes('outpaint.json');
const { matched_noise: cases } = there
  ? readReferenceJson<{ matched_noise: readonly Case[] }>('pictures', 'outpaint.json')
  : { matched_noise: [] };

describe.skipIf(!there)('matched noise', () => {
  it.each(cases)('$source, exponent $noise_q, colour $color_variation', async (one) => {
    const { width, height, data } = await referencePicture(pictureTensors('outpaint'), one.source);
    const masked = Float64Array.from({ length: width * height }, (_, i) =>
      i % width >= one.masked_from_column ? 1 : 0,
    );
    const picture = { width, height, data: Float64Array.from(data, (value) => value / 255) };
    const made = await matchedNoise(picture, masked, one.noise_q, one.color_variation);
    const expected = await float64(one.out);
    const far = made.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
    expect(far).toBeLessThan(1e-9);
  });
});

async function float64(name: string): Promise<Float64Array> {
  const file = await openCheckpoint(bytesSource(readReference('pictures', 'outpaint.safetensors.gz')));
  const bytes = await file.read(name);
  return new Float64Array(bytes.slice().buffer);
}
