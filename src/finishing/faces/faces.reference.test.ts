// Faces aligned, masked and pasted back, as facexlib and webui 1.10.1 do it (tests/reference/pictures/faces.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { pictureTensors, referencePicture } from '../../../tests/reference-pictures.ts';
import { inverseOf, type Affine } from '../../image/affine.ts';
import { resizeLanczos4 } from '../../image/lanczos4.ts';
import { withoutPause } from '../../image/pause.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { Raster } from '../../image/resize.ts';
import { alignFace, detectionSize, findFaces, isLargeEnough, TEMPLATE } from './align.ts';
import { FACE_SIZE, type Face, type Point } from './face.ts';
import { parsedMask, placedMask, placedSquare } from './face-mask.ts';
import { pasteFaces } from './paste-faces.ts';
import { restoreFaces, toPixels, toPlanes, type FaceNetworks } from './restore-faces.ts';

type Pair = readonly [number, number];
type Matrix = readonly (readonly number[])[];
type Landmarks = readonly (readonly Pair[])[];

interface Alignment {
  readonly name: string;
  readonly landmarks: Landmarks;
  readonly faces_kept: number;
  readonly face_size: number;
  readonly detector_input_size: Pair;
  readonly matrices: readonly Matrix[];
  readonly crops_bgr: readonly string[];
}

interface Restoration {
  readonly name: string;
  readonly landmarks: Landmarks;
  readonly net: string;
  readonly picture: string;
  readonly labels: string;
  readonly out: string;
  readonly faces: number;
  readonly inverse_matrices: readonly Matrix[];
  readonly crops_every_8th_bgr: readonly string[];
  readonly restored_every_8th_bgr: readonly string[];
  readonly mask_512_every_8th?: string;
  readonly masks_on_picture_every_2nd?: readonly string[];
}

interface Square {
  readonly landmarks: Landmarks;
  readonly face_size: number;
  readonly upscale_factor: number;
  readonly restored: string;
  readonly inverse_matrices: readonly Matrix[];
  readonly out_bgr: string;
}

interface Index {
  readonly template_512: readonly Pair[];
  readonly align: readonly Alignment[];
  readonly detector_input: readonly Readonly<{ name: string; every_8th_bgr: string; size: Pair }>[];
  readonly restore: readonly Restoration[];
  readonly paste_without_parser: readonly Square[];
  readonly tensors: readonly Readonly<{ image_bgr: string; tensor: string }>[];
}

const there = listReference('pictures').includes('faces.json');
const index: Index = there
  ? readReferenceJson<Index>('pictures', 'faces.json')
  : { template_512: [], align: [], detector_input: [], restore: [], paste_without_parser: [], tensors: [] };

/** The README's: matrices, relative; bytes at warped edges. */
const MATRIX = 1e-4;
const BYTES = 2;

const tensors = pictureTensors.bind(null, 'faces');
const points = (landmarks: readonly Pair[]): Point[] => landmarks.map(([x, y]) => ({ x, y }));

async function read(name: string): Promise<PixelImage> {
  const { channels, ...image } = await referencePicture(tensors(), name);
  if (channels !== 3) throw new Error(`${name} is not RGB`);
  return { ...image, channels };
}

async function numbers(name: string): Promise<Float32Array> {
  return (await tensors()).get(name)!.data;
}

/** Red and blue in each other's place. */
function swapped({ data, ...image }: PixelImage): PixelImage {
  return { ...image, data: data.map((_, i) => data[i + 2 - 2 * (i % 3)]!) };
}

/** Every so many pixels of every so many rows. */
function every(
  step: number,
  {
    width,
    height,
    channels,
    data,
  }: Pick<Raster, 'width' | 'height'> & {
    readonly channels?: number;
    readonly data: ArrayLike<number>;
  },
): number[] {
  const count = channels ?? 1;
  const picked: number[] = [];
  for (let y = 0; y < height; y += step)
    for (let x = 0; x < width; x += step)
      for (let c = 0; c < count; c += 1) picked.push(data[(y * width + x) * count + c]!);
  return picked;
}

function apart(made: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(made.length).toBe(expected.length);
  return Array.from(expected, (value, at) => Math.abs(value - made[at]!)).reduce((a, b) => Math.max(a, b), 0);
}

function expectMatrix(made: Affine, expected: Matrix): void {
  const numbers = expected.flat();
  const most = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(apart(made, numbers) / most).toBeLessThanOrEqual(MATRIX);
}

/** A picture in which these landmarks are found: at the size in which faces are looked for. */
function detectorOf(landmarks: Landmarks, picture: PixelImage): FaceNetworks['detector'] {
  const { scale } = detectionSize(picture);
  const faces = landmarks.map((face): Face => {
    const [a, b, c, d, e] = points(face).map(({ x, y }) => ({ x: x / scale, y: y / scale }));
    const box = { left: a!.x, top: a!.y, right: e!.x, bottom: e!.y };
    return { box, score: 1, landmarks: [a!, b!, c!, d!, e!] };
  });
  return { detect: () => Promise.resolve(faces) };
}

/** What stood in for the network there. */
const NETS: Readonly<Record<string, (x: number) => number>> = {
  negate: (x) => -x,
  identity: (x) => x,
  scale: (x) => x * 0.8 + 0.1,
};

async function parserOf(name: string) {
  const { data } = await referencePicture(tensors(), name);
  const side = Math.sqrt(data.length);
  const cell = FACE_SIZE / side;
  const labels = Uint8Array.from({ length: FACE_SIZE ** 2 }, (_, i) => {
    const [x, y] = [Math.floor((i % FACE_SIZE) / cell), Math.floor(Math.floor(i / FACE_SIZE) / cell)];
    return data[y * side + x]!;
  });
  return { labels, parser: { parse: () => Promise.resolve(labels) } };
}

describe.skipIf(!there)('faces', () => {
  it('have the template of facexlib', () => {
    expect(TEMPLATE.map(({ x, y }) => [x, y])).toEqual(index.template_512);
  });

  it.for(index.align)('$name: found and turned upright', async (one) => {
    const picture = await read(index.restore[0]!.picture);
    const { width, height } = detectionSize(picture);
    expect([height, width]).toEqual(one.detector_input_size);
    const all = await findFaces(picture, detectorOf(one.landmarks, picture), withoutPause);
    const found = all.filter(isLargeEnough);
    expect(found.length).toBe(one.faces_kept);
    for (const [i, { landmarks }] of found.entries()) {
      const face = await alignFace(picture, landmarks, withoutPause, one.face_size);
      expectMatrix(face!.map, one.matrices[i]!);
      const expected = await read(one.crops_bgr[i]!);
      expect(apart(swapped(face!.image).data, expected.data)).toBeLessThanOrEqual(BYTES);
    }
  });

  it.for(index.detector_input)('$name: as the detector sees it', async (one) => {
    const picture = await read(index.restore[0]!.picture);
    const { width, height } = detectionSize(picture);
    expect([height, width]).toEqual(one.size);
    const seen = swapped(await resizeLanczos4(picture, width, height, withoutPause));
    expect(every(8, seen)).toEqual([...(await read(one.every_8th_bgr)).data]);
  });

  it.for(index.restore)('$name: restored and pasted', async (one) => {
    const picture = await read(one.picture);
    const { labels, parser } = await parserOf(one.labels);
    const net = NETS[one.net];
    if (!net) throw new Error(`There is no ${one.net}`);
    const seen: PixelImage[] = [];
    const made: PixelImage[] = [];
    const said: string[] = [];
    const networks: FaceNetworks = {
      detector: detectorOf(one.landmarks, picture),
      restorer: {
        restore: (face) => {
          const restored = { ...face, data: face.data.map(net) };
          seen.push(toPixels(face));
          made.push(toPixels(restored));
          return Promise.resolve(restored);
        },
      },
      parser,
    };
    const onFace = (at: number, count: number): void => void said.push(`${at} of ${count}`);
    const result = await restoreFaces(picture, networks, { pause: withoutPause, onFace });
    const steps = one.faces === 0 ? 0 : one.faces + 1;
    expect(said).toEqual(Array.from({ length: steps }, (_, i) => `${i} of ${one.faces}`));
    for (const [i, name] of one.crops_every_8th_bgr.entries())
      expect(apart(every(8, swapped(seen[i]!)), (await read(name)).data)).toBeLessThanOrEqual(BYTES);
    for (const [i, name] of one.restored_every_8th_bgr.entries())
      expect(apart(every(8, swapped(made[i]!)), (await read(name)).data)).toBeLessThanOrEqual(BYTES);
    expect(apart(result.data, (await read(one.out)).data)).toBeLessThanOrEqual(BYTES);

    if (one.mask_512_every_8th === undefined) return;
    const mask = await parsedMask(labels, withoutPause);
    // There it is the mask of 0..255 before its rim is cleared.
    const stored = Float64Array.from(await numbers(one.mask_512_every_8th), (value) => value / 255);
    const cells = Math.sqrt(stored.length);
    const inRim = (cell: number): boolean => 8 * cell < 10 || 8 * cell >= mask.width - 10;
    const cleared = stored.map((v, i) => (inRim(i % cells) || inRim(Math.floor(i / cells)) ? 0 : v));
    expect(apart(every(8, mask), cleared)).toBeLessThan(1e-5);
    for (const [i, name] of (one.masks_on_picture_every_2nd ?? []).entries()) {
      const back = one.inverse_matrices[i]!.flat() as unknown as Affine;
      const { area, share } = await placedMask(mask, back, picture, withoutPause);
      const whole = new Float64Array(picture.width * picture.height);
      for (let y = 0; y < share.height; y += 1)
        whole.set(
          share.data.subarray(y * share.width, (y + 1) * share.width),
          (area.top + y) * picture.width + area.left,
        );
      expect(apart(every(2, { ...picture, channels: 1, data: whole }), await numbers(name))).toBeLessThan(
        1e-5,
      );
    }
  });

  it.for(index.paste_without_parser)('pasted as a square, $upscale_factor times as large', async (one) => {
    const picture = await read(index.restore[0]!.picture);
    const faces = [];
    for (const [i, landmarks] of one.landmarks.entries()) {
      const face = await alignFace(picture, points(landmarks), withoutPause, one.face_size);
      const back = inverseOf(face!.map).map((value) => value * one.upscale_factor);
      expectMatrix(back as unknown as Affine, one.inverse_matrices[i]!);
      const image = { ...face!.image, data: face!.image.data.map((value) => 255 - value) };
      faces.push({ ...face!, image });
    }
    const scale = one.upscale_factor;
    const result = await pasteFaces(
      picture,
      faces,
      (_, back, size) => placedSquare(one.face_size, back, size, withoutPause, scale),
      withoutPause,
      scale,
    );
    expect(apart(swapped(result).data, (await read(one.out_bgr)).data)).toBeLessThanOrEqual(BYTES);
  });

  it.for(index.tensors)('$image_bgr as numbers', async (one) => {
    const image = swapped(await read(one.image_bgr));
    // There 0..1; networks take -1..1.
    const planes = toPlanes(image);
    const unit = planes.data.map((value) => (value + 1) / 2);
    expect(apart(unit, await numbers(one.tensor))).toBeLessThan(1e-6);
  });

  it('keep the transparency of their picture', async () => {
    const one = index.restore.find(({ faces }) => faces > 0)!;
    const picture = await read(one.picture);
    const { parser } = await parserOf(one.labels);
    const data = new Uint8Array(4 * picture.width * picture.height);
    for (let i = 0; i < data.length / 4; i += 1)
      data.set([...picture.data.subarray(3 * i, 3 * i + 3), i % 256], 4 * i);
    const networks: FaceNetworks = {
      detector: detectorOf(one.landmarks, picture),
      restorer: { restore: (face) => Promise.resolve({ ...face, data: face.data.map(NETS[one.net]!) }) },
      parser,
    };
    const result = await restoreFaces({ ...picture, channels: 4, data }, networks, { pause: withoutPause });
    expect(result.channels).toBe(4);
    expect(result.data.filter((_, i) => i % 4 === 3)).toEqual(data.filter((_, i) => i % 4 === 3));
    const colours = result.data.filter((_, i) => i % 4 !== 3);
    expect(apart(colours, (await read(one.out)).data)).toBeLessThanOrEqual(BYTES);
  });
});
