// From a picture to its people's bodies, and those drawn (sd-webui-controlnet 1.1.455, annotator/openpose).
import { resizeLanczos4 } from '../../../image/lanczos4.ts';
import { resizeBytes } from '../../../image/opencv/resize-bytes.ts';
import { resizeNumbers } from '../../../image/opencv/resize-numbers.ts';
import type { Pause } from '../../../image/pause.ts';
import type { Size } from '../../../image/picture-file.ts';
import type { Planes } from '../../../image/tiles.ts';
import { planesOf, type AskNetwork } from '../annotators.ts';
import type { RgbImage } from '../hint.ts';
import { drawnPeople } from './draw-people.ts';
import { findPeople, keypointsOf, type PoseMaps } from './find-people.ts';
import type { Person } from './pose.ts';

/** Pixels of the height that the network sees. */
const HEIGHT = 184;
/** Pixels of a cell of its maps. */
const STRIDE = 8;
/** What is beyond the picture. */
const GREY = 128;

export async function drawnBodies(image: RgbImage, ask: AskNetwork, pause: Pause): Promise<RgbImage> {
  const { input, size } = await networkInput(image, pause);
  const [limbs, parts] = await ask(input, ['limbs', 'parts']);
  const cells = { width: input.width / STRIDE, height: input.height / STRIDE };
  const maps = await mapsOf(parts!, limbs!, cells, size, image, pause);
  return drawnPeople(await peopleOf(maps, pause), image, { body: true, hands: false, face: false });
}

export async function peopleOf(maps: PoseMaps, pause: Pause): Promise<readonly Person[]> {
  const { candidates, people } = await findPeople(maps, pause);
  return people.map((person) => ({
    body: keypointsOf(person, candidates, maps),
    leftHand: null,
    rightHand: null,
    face: null,
  }));
}

/** A picture at the network's height, grey below and right up to whole cells; `size` without that. */
export async function networkInput(
  image: RgbImage,
  pause: Pause,
): Promise<{ readonly input: Planes; readonly size: Size }> {
  const scale = HEIGHT / image.height;
  const size = {
    width: Math.max(1, Math.trunc(image.width * scale)),
    height: Math.trunc(image.height * scale),
  };
  const resized =
    scale < 1
      ? await resizeBytes(image, size.width, size.height, 'area', pause)
      : await resizeLanczos4(image, size.width, size.height, pause);
  const up = (side: number): number => Math.ceil(side / STRIDE) * STRIDE;
  const [width, height] = [up(size.width), up(size.height)];
  const data = new Uint8Array(3 * width * height).fill(GREY);
  for (let y = 0; y < size.height; y += 1)
    data.set(resized.data.subarray(3 * y * size.width, 3 * (y + 1) * size.width), 3 * y * width);
  const padded: RgbImage = { width, height, channels: 3, data };
  return { input: planesOf(padded, (byte) => byte / 256 - 0.5, { swapped: true }), size };
}

/** The network's maps, [19, ...] and [38, ...] cells, at the picture's size. `size`: of what of them is picture. */
export async function mapsOf(
  parts: Float32Array,
  limbs: Float32Array,
  cells: Size,
  size: Size,
  picture: Size,
  pause: Pause,
): Promise<PoseMaps> {
  const { width, height } = picture;
  const enlarged = async (data: Float32Array): Promise<Float64Array> => {
    const area = cells.width * cells.height;
    const all = new Float64Array((data.length / area) * width * height);
    for (let c = 0; c * area < data.length; c += 1) {
      const map = Float32Array.from(data.subarray(c * area, (c + 1) * area));
      all.set(await enlargedMap(map, cells, size, picture, pause), c * width * height);
    }
    return all;
  };
  return { width, height, parts: await enlarged(parts), limbs: await enlarged(limbs) };
}

async function enlargedMap(
  data: Float32Array<ArrayBuffer>,
  cells: Size,
  size: Size,
  picture: Size,
  pause: Pause,
): Promise<Float32Array | Float64Array> {
  const [wide, high] = [STRIDE * cells.width, STRIDE * cells.height];
  const large = await resizeNumbers({ ...cells, channels: 1, data }, wide, high, 'lanczos4', pause);
  const part = new Float32Array(size.width * size.height);
  for (let y = 0; y < size.height; y += 1)
    part.set(large.data.subarray(y * wide, y * wide + size.width), y * size.width);
  const shrinks = picture.width + picture.height < size.width + size.height;
  const filter = shrinks ? 'area' : 'lanczos4';
  const whole = { ...size, channels: 1, data: part };
  return (await resizeNumbers(whole, picture.width, picture.height, filter, pause)).data;
}
