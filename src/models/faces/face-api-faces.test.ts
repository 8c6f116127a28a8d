// face-api's networks over whole pictures: small faces in large pictures, each told once, where they are.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxedFile } from '../../../tests/boxed-files.ts';
import { openBoxedNetwork } from '../../../tests/boxed-network.ts';
import { readTensors } from '../../../tests/goldens.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { listReference, readReference } from '../../../tests/reference-dir.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { Graph } from '../../graph/graph.ts';
import { blank, paste } from '../../image/paste.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { resize } from '../../image/resize.ts';
import { BOXED_FACES } from '../../library/box.ts';
import { faceApiFaces, type FaceApiNetworks } from './face-api-faces.ts';
import { landmarkNetwork } from './landmark-net.ts';
import { areasOf } from './squares.ts';
import { ssdMobilenetNetwork } from './ssd-mobilenet.ts';

const FILE = 'faces.safetensors.gz';
const there = listReference('box').includes(FILE);

let face: PixelImage;
let networks: FaceApiNetworks;
let squares = 0;
let release = async (): Promise<void> => undefined;

beforeAll(async () => {
  if (!there) return;
  const { dims, data } = (await readTensors(bytesSource(readReference('box', FILE)))).get('picture')!;
  face = { width: dims[1]!, height: dims[0]!, channels: 3, data: Uint8Array.from(data) };
  const { catalog, readWeight } = await openBoxedNetwork(boxedFile(BOXED_FACES.file), true);
  const detector = await openNodeSession(ssdMobilenetNetwork(catalog, new Graph('float32')), readWeight);
  const landmarks = await openNodeSession(landmarkNetwork(catalog, new Graph('float32')), readWeight);
  networks = {
    async detect(square) {
      squares += 1;
      const { boxes, scores } = await detector.run(square);
      return { boxes: boxes!.data, scores: scores!.data };
    },
    landmarks: async (square) => (await landmarks.run(square)).points!.data,
  };
  release = async () => {
    await detector.release();
    await landmarks.release();
  };
});
afterAll(() => release());

/** The drawn face at that size, with its upper left corner there, on the colour of its edge. */
function pictureWith(
  width: number,
  height: number,
  places: readonly (readonly [x: number, y: number, side: number])[],
) {
  const canvas = blank(face, width, height);
  for (let i = 0; i < canvas.data.length; i += 1) canvas.data[i] = face.data[i % 3]!;
  for (const [x, y, side] of places) paste(canvas, resize(face, side, side, 'lanczos'), x, y);
  return canvas;
}

/** Where the drawn face has its eyes, nose and mouth: parts of its picture. */
const DRAWN = { eyes: [0.4, 0.44], nose: 0.55, mouth: 0.61 };

describe.skipIf(!there)('face-api', () => {
  it.each([
    ['a small picture', 400, 300, [[60, 20, 260]]],
    ['a face of 30 pixels in a large one', 1400, 900, [[900, 620, 80]]],
    [
      'faces of many sizes',
      1024,
      1024,
      [
        [0, 0, 500],
        [560, 100, 200],
        [700, 700, 120],
        [60, 800, 150],
      ],
    ],
  ] as const)('%s', async (_, width, height, places) => {
    const found = await faceApiFaces(pictureWith(width, height, places), networks);
    expect(found.length).toBe(places.length);
    for (const [x, y, side] of places) {
      const inside = found.filter(
        ({ landmarks: [, , nose] }) => nose.x > x && nose.x < x + side && nose.y > y && nose.y < y + side,
      );
      expect(inside.length).toBe(1);
      const [leftEye, rightEye, nose, mouthLeft, mouthRight] = inside[0]!.landmarks;
      expect(leftEye.x).toBeLessThan(nose.x);
      expect(rightEye.x).toBeGreaterThan(nose.x);
      expect(mouthLeft.x).toBeLessThan(mouthRight.x);
      const part = (value: number): number => (value - y) / side;
      expect(part(leftEye.y)).toBeCloseTo(DRAWN.eyes[0]!, 1);
      expect(part(rightEye.y)).toBeCloseTo(DRAWN.eyes[1]!, 1);
      expect(part(nose.y)).toBeCloseTo(DRAWN.nose, 1);
      expect(part((mouthLeft.y + mouthRight.y) / 2)).toBeCloseTo(DRAWN.mouth, 1);
    }
    const scores = found.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('finds none in a picture without', async () => {
    expect(await faceApiFaces(pictureWith(700, 500, []), networks)).toEqual([]);
  });

  it('looks at a small picture once, and covers a large one', async () => {
    squares = 0;
    await faceApiFaces(pictureWith(600, 400, []), networks);
    expect(squares).toBe(1);
    for (const [width, height] of [
      [641, 100],
      [2048, 1365],
      [9000, 3000],
    ] as const) {
      const [whole, ...parts] = areasOf({ width, height });
      expect(whole).toEqual({ left: 0, top: 0, width, height });
      expect(parts.length).toBeLessThanOrEqual(36);
      const reach = (start: 'left' | 'top', size: 'width' | 'height') =>
        Math.max(...parts.map((part) => part[start] + part[size]));
      expect([reach('left', 'width'), reach('top', 'height')]).toEqual([width, height]);
      expect(parts.some(({ left, top }) => left === 0 && top === 0)).toBe(true);
    }
  });
});
