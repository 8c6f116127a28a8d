// The reference's pictures: decoded, encoded again, and between them and the VAE's numbers.
import { describe, expect, test } from 'vitest';
import { listReference, readReference, tinyModels } from '../../tests/reference-dir.ts';
import { readExpected } from '../../tests/tiny-model.ts';
import { pixelsToVaeInput, vaeOutputToPixels } from './pixels.ts';
import { decodePng, encodePng } from './png.ts';

const models = tinyModels();

describe.skipIf(models.length === 0).each(models.length ? models : ['none'])('%s', (model) => {
  const pictures = listReference('models', model)
    .filter((file) => file.endsWith('.png'))
    .map((file) => file.slice(0, -'.png'.length));
  const source = (name: string): { file: string; prefix: string } =>
    name.startsWith('traj-')
      ? { file: `${name}.safetensors`, prefix: '' }
      : { file: 'vae.safetensors', prefix: `${name}.` };

  test.each(pictures)('%s.png', async (name) => {
    const file = readReference('models', model, `${name}.png`);
    const picture = await decodePng(file);
    const { file: tensorFile, prefix } = source(name);
    const expected = await readExpected(model, tensorFile);
    let compared = 0;

    const u8 = expected?.get(`${prefix}u8`);
    if (u8) {
      expect([...picture.data]).toEqual([...u8.data]);
      compared += 1;
    }
    const image = expected?.get(`${prefix}image`);
    if (image) {
      const [, , height = 0, width = 0] = image.dims;
      const made = vaeOutputToPixels(image.data, width, height);
      expect([made.width, made.height]).toEqual([picture.width, picture.height]);
      expect([...made.data]).toEqual([...picture.data]);
      compared += 1;
    }
    const x = expected?.get(`${prefix}x`);
    if (x) {
      const input = pixelsToVaeInput(picture);
      const error = x.data.reduce((most, value, i) => Math.max(most, Math.abs(value - input[i]!)), 0);
      // One last place of float32 near 1: the reference may have multiplied where A1111 divides.
      expect(error).toBeLessThanOrEqual(2 ** -23);
      compared += 1;
    }
    // Of some runs the picture is all that tells of their end.
    if (!name.startsWith('traj-')) expect(compared).toBeGreaterThan(0);

    const again = await encodePng(picture);
    expect(await decodePng(again)).toEqual(picture);
    // Packed as well as by the reference's library (Pillow), give or take.
    expect(again.length).toBeLessThan(1.15 * file.length);
  });
});
