// The face detector of the box against face-api itself, on a drawn face (tests/reference/box/README.md).
import { describe, expect, it } from 'vitest';
import { boxedFile } from '../../../tests/boxed-files.ts';
import { readTensors } from '../../../tests/goldens.ts';
import { openNodeSession, type NodeSession } from '../../../tests/ort-node.ts';
import { listReference, readReference } from '../../../tests/reference-dir.ts';
import { openBoxedNetwork } from '../../../tests/boxed-network.ts';
import { Graph } from '../../graph/graph.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { LANDMARKS_MEANS, landmarkNetwork } from './landmark-net.ts';
import { ssdAnchors, ssdBoxAt, ssdFaces } from './ssd-boxes.ts';
import { ssdMobilenetNetwork, type SquareInputs } from './ssd-mobilenet.ts';

const FILE = 'faces.safetensors.gz';
/** tests/reference/box/README.md: parts of the square, and of 1; where weights are rounded to float16, as the library does. */
const TOLERANCE = 1e-4;
const ROUNDED = 2e-2;

const apart = (made: readonly number[], expected: ArrayLike<number>): number => {
  expect(made.length).toBe(expected.length);
  return made.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
};

/** Bytes [side, side, 3] -> [3, side, side]. */
const planes = (bytes: ArrayLike<number>, number: (value: number, c: number) => number): Float32Array =>
  Float32Array.from({ length: bytes.length }, (_, i) => {
    const [c, pixel] = [Math.trunc((3 * i) / bytes.length), i % (bytes.length / 3)];
    return number(bytes[3 * pixel + c]!, c);
  });

async function use<T>(session: NodeSession<SquareInputs>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await session.release();
  }
}

describe.skipIf(!listReference('box').includes(FILE)).each([
  ['as they lie in the file', false, TOLERANCE],
  ['rounded as the library rounds them', true, ROUNDED],
] as const)('the box, weights %s', (_, rounded, tolerance) => {
  const expectedOf = async () => readTensors(bytesSource(readReference('box', FILE)));

  it('finds the face that face-api finds', async () => {
    const expected = await expectedOf();
    const { catalog, readWeight } = await openBoxedNetwork(boxedFile('face-api.safetensors'), rounded);
    const session = await openNodeSession(ssdMobilenetNetwork(catalog, new Graph('float32')), readWeight);
    await use(session, async () => {
      const image = planes(expected.get('picture')!.data, (value) => value / 127.5 - 1);
      const { boxes, scores } = await session.run({ image });
      expect(apart([...scores!.data], expected.get('scores')!.data)).toBeLessThan(tolerance);
      const anchors = ssdAnchors();
      const decoded = Array.from({ length: anchors.length / 4 }, (_, i) => ssdBoxAt(boxes!.data, anchors, i));
      const numbers = decoded.flatMap(({ left, top, right, bottom }) => [top, left, bottom, right]);
      expect(apart(numbers, expected.get('boxes')!.data)).toBeLessThan(tolerance);
      const { data, dims } = expected.get('found')!;
      const side = expected.get('picture')!.dims[0]!;
      const found = ssdFaces({ boxes: boxes!.data, scores: scores!.data }, 0.5);
      expect(found.length).toBe(dims[0]);
      const told = found.flatMap(({ left, top, right, bottom, score }) => [left, top, right, bottom, score]);
      expect(
        apart(
          told,
          data.map((value, i) => (i % 5 === 4 ? value : value / side)),
        ),
      ).toBeLessThan(tolerance);
    });
  });

  it('finds the points that face-api finds', async () => {
    const expected = await expectedOf();
    const { catalog, readWeight } = await openBoxedNetwork(boxedFile('face-api.safetensors'), rounded);
    const session = await openNodeSession(landmarkNetwork(catalog, new Graph('float32')), readWeight);
    await use(session, async () => {
      const image = planes(expected.get('face')!.data, (value, c) => (value - LANDMARKS_MEANS[c]!) / 255);
      const { points } = await session.run({ image });
      expect(apart([...points!.data], expected.get('points')!.data)).toBeLessThan(2e-3);
    });
  });
});
