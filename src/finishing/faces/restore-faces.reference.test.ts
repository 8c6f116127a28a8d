// Faces of a picture found, restored and pasted by networks of the reference data: all of the way, whose parts are held against numbers
// of their own elsewhere.
import { describe, expect, it } from 'vitest';
import { goldenFaceNetworks } from '../../../tests/face-networks.ts';
import { pictureWithFaces } from '../../../tests/face-picture.ts';
import { inverseOf, mapped, type Affine } from '../../image/affine.ts';
import { withoutPause, type Pause } from '../../image/pause.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { Planes } from '../../image/tiles.ts';
import { alignFace, findFaces, isLargeEnough } from './align.ts';
import { FACE_SIZE, type FaceRestorer } from './face.ts';
import { restoreFaces } from './restore-faces.ts';

const golden = await goldenFaceNetworks(0.5);
const networks = golden && { ...golden, restorer: remembering(golden.restorer) };
const picture = pictureWithFaces();

/** Each face is restored once: it takes seconds. */
function remembering({ restore }: FaceRestorer): FaceRestorer {
  const known = new Map<string, Promise<Planes>>();
  return {
    restore(face) {
      const middle = face.data.subarray(face.data.length / 2).subarray(0, 1000);
      const result = known.get(middle.join()) ?? restore(face);
      known.set(middle.join(), result);
      return result;
    },
  };
}

/** Places of pixels that are not the same. */
function changed(a: PixelImage, b: PixelImage): (readonly [x: number, y: number])[] {
  const places = new Set<number>();
  for (let i = 0; i < a.data.length; i += 1)
    if (a.data[i] !== b.data[i]) places.add(Math.floor(i / a.channels));
  return [...places].map((at) => [at % a.width, Math.floor(at / a.width)] as const);
}

describe.skipIf(networks === null)('faces', { timeout: 120_000 }, () => {
  it.each([
    ['where a parser sees them', true],
    ['as squares without one', false],
  ])('are restored %s, and nothing else of the picture changes', async (_, parsed) => {
    const parser = parsed ? networks!.parser : null;
    const said: string[] = [];
    const result = await restoreFaces(
      picture,
      { ...networks!, parser },
      { pause: withoutPause, onFace: (index, count) => void said.push(`${index} of ${count}`) },
    );
    const faces = (await findFaces(picture, networks!.detector, withoutPause)).filter(isLargeEnough);
    expect(faces.length).toBeGreaterThan(1);
    expect(said).toEqual(
      Array.from({ length: faces.length + 1 }, (_, index) => `${index} of ${faces.length}`),
    );
    const places = changed(picture, result);
    expect(places.length).toBeGreaterThan(0);
    const maps: Affine[] = [];
    for (const { landmarks } of faces) maps.push((await alignFace(picture, landmarks, withoutPause))!.map);
    // A pixel of the square is more than one of these small faces'; half a pixel of the picture is let pass.
    const inSquare = ([x, y]: readonly [number, number]): boolean =>
      maps.some((map) => {
        const reach = 1 / Math.hypot(inverseOf(map)[0], inverseOf(map)[3]);
        return mapped(map, x, y).every((at) => at >= -reach && at < FACE_SIZE + reach);
      });
    expect(places.filter((place) => !inSquare(place))).toEqual([]);
  });

  it('are left alone by who stops on the way', async () => {
    const before = picture.data.slice();
    const stopped = new Error('stopped');
    let asked = 0;
    const pause: Pause = () => (++asked > 700 ? Promise.reject(stopped) : undefined);
    await expect(restoreFaces(picture, networks!, { pause })).rejects.toBe(stopped);
    const onFace = (index: number): void => {
      if (index === 1) throw stopped;
    };
    await expect(restoreFaces(picture, networks!, { pause: withoutPause, onFace })).rejects.toBe(stopped);
    expect(picture.data).toEqual(before);
  });
});
