// Boxes and landmarks out of RetinaFace's numbers, and which of them stay, as facexlib and torchvision say.
import { describe, expect, it } from 'vitest';
import { readTensors } from '../../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { expectedOf, type NetworkCase } from '../../../tests/reference-networks.ts';
import { faceCases } from '../../../tests/faces.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { anchorsOf, boxAt, landmarksAt, surest, type Box } from './retina-face-boxes.ts';

interface Decoded {
  readonly height: number;
  readonly width: number;
  readonly priors: string;
  readonly loc: string;
  readonly landms: string;
  readonly scores: string;
  readonly boxes: string;
  readonly landmarks: string;
  readonly nms: Readonly<Record<string, readonly number[]>>;
}

/** pictures/README.md of the reference data: parts of the picture's size. */
const TOLERANCE = 1e-5;

const there = listReference('pictures').includes('faces.json');
const decoded = there
  ? readReferenceJson<{ decode?: Decoded[] }>('pictures', 'faces.json').decode
  : undefined;

function expectNear(actual: readonly number[], expected: Float32Array, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const errors = actual.map((value, i) => Math.abs(value - expected[i]!));
  expect(Math.max(...errors), what).toBeLessThan(TOLERANCE);
}

const numbersOf = ({ left, top, right, bottom }: Box): number[] => [left, top, right, bottom];

describe.skipIf(!decoded).each(decoded ?? [])('$width x $height', (one) => {
  it('anchors, boxes, landmarks, and those that stay', async () => {
    const tensors = await readTensors(bytesSource(readReference('pictures', 'faces.safetensors.gz')));
    const data = (name: string): Float32Array => tensors.get(name)!.data;
    const anchors = anchorsOf(one);
    expectNear(Array.from(anchors), data(one.priors), one.priors);
    const indices = Array.from({ length: anchors.length / 4 }, (_, i) => i);
    const boxes = indices.map((i) => boxAt(data(one.loc), anchors, i));
    expectNear(boxes.flatMap(numbersOf), data(one.boxes), one.boxes);
    const landmarks = indices.flatMap((i) => landmarksAt(data(one.landms), anchors, i));
    expectNear(
      landmarks.flatMap(({ x, y }) => [x, y]),
      data(one.landmarks),
      one.landmarks,
    );
    for (const [overlap, kept] of Object.entries(one.nms))
      expect(surest(boxes, data(one.scores), Number(overlap)), overlap).toEqual(kept);
  });
});

const networks: NetworkCase[] = await faceCases('retina-face');

describe.skipIf(networks.length === 0).each(networks)('$name', (one) => {
  it('anchors, boxes and landmarks of every place', async () => {
    const expected = await expectedOf(one);
    for (const [key, { dims }] of expected) {
      const [, id] = /^x\.(.+)$/.exec(key) ?? [];
      if (id === undefined) continue;
      const [height, width] = dims.slice(-2) as [number, number];
      const data = (name: string): Float32Array => expected.get(`out.${id}.${name}`)!.data;
      const anchors = anchorsOf({ height, width });
      expectNear(Array.from(anchors), data('priors'), 'priors');
      const indices = Array.from({ length: anchors.length / 4 }, (_, i) => i);
      expectNear(
        indices.flatMap((i) => numbersOf(boxAt(data('loc'), anchors, i))),
        data('boxes'),
        'boxes',
      );
      const landmarks = indices.flatMap((i) => landmarksAt(data('landms'), anchors, i));
      expectNear(
        landmarks.flatMap(({ x, y }) => [x, y]),
        data('landmarks'),
        'landmarks',
      );
    }
  });
});
