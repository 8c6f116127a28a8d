// Faces in the focal point, by A1111's formula (modules/textual_inversion/autocrop.py).
import { expect, it } from 'vitest';
import type { PixelImage } from '../image/pixels.ts';
import { DEFAULT_EXTRAS, type ExtrasRequest } from './extras-request.ts';
import type { Face } from './faces/face.ts';
import type { FaceTools } from './faces/restore-faces.ts';
import { runExtras } from './extras.ts';
import { focalPoint } from './focal-point.ts';
import { upscaleBuiltIn } from './upscale.ts';

/** Nothing in it but a frame in the lower right corner, which has corners. */
const picture: PixelImage = {
  width: 120,
  height: 80,
  channels: 3,
  data: Uint8Array.from({ length: 3 * 120 * 80 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 120, Math.floor(i / 360)];
    return x >= 90 && x < 110 && y >= 40 && y < 60 ? 255 : 20;
  }),
};

function faceAt(left: number, top: number, side: number): Face {
  const at = { x: left + side / 2, y: top + side / 2 };
  const box = { left, top, right: left + side, bottom: top + side };
  return { box, score: 1, landmarks: [at, at, at, at, at] };
}

const size = { width: 40, height: 40 };
const weights = { faceWeight: 0.9, entropyWeight: 0, edgesWeight: 0.5 };

it('lies between corners and faces by their weights', () => {
  const corners = focalPoint(picture, size, weights, []);
  expect(corners.x).toBeGreaterThan(85);
  const faces = [faceAt(10, 10, 20), faceAt(20, 30, 10)];
  // The middle across, a third of the way down, in whole pixels, and the mean of both.
  const [x, y] = [(20 + 25) / 2, (16 + 33) / 2];
  const point = focalPoint(picture, size, weights, faces);
  expect(Math.abs(point.x - (0.9 * x + 0.5 * corners.x) / 1.4)).toBeLessThanOrEqual(1);
  expect(Math.abs(point.y - (0.9 * y + 0.5 * corners.y) / 1.4)).toBeLessThanOrEqual(1);
  expect(focalPoint(picture, size, { ...weights, faceWeight: 0 }, faces)).toEqual(corners);
  expect(focalPoint(picture, size, { ...weights, edgesWeight: 0 }, [faceAt(10, 10, 20)])).toEqual({
    x: 20,
    y: 16,
  });
});

it('is looked for in the picture that is cut, and only where faces count', async () => {
  const seen: string[] = [];
  const faces: FaceTools = {
    restore: (image) => Promise.resolve(image),
    find: ({ width, height }) => {
      seen.push(`${width} x ${height}`);
      return Promise.resolve([faceAt(0, 0, 20)]);
    },
  };
  const colorize = () => Promise.reject(new Error('no colorizer'));
  const request = (faceWeight: number): ExtrasRequest => ({
    ...DEFAULT_EXTRAS,
    upscale: { ...DEFAULT_EXTRAS.upscale, mode: 'Scale to', width: 40, height: 40 },
    focalCrop: { on: true, faceWeight, entropyWeight: 0, edgesWeight: 0 },
  });
  const [{ image } = { image: picture }] = await runExtras(picture, request(0.9), {
    colorize,
    upscale: upscaleBuiltIn,
    faces,
  });
  expect([image.width, image.height]).toEqual([40, 40]);
  expect(seen).toEqual(['60 x 40']);
  await runExtras(picture, request(0), { colorize, upscale: upscaleBuiltIn, faces });
  expect(seen).toHaveLength(1);
});
