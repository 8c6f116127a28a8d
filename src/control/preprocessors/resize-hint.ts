// How a map comes to the size of the picture (scripts/controlnet.py, detectmap_proc of sd-webui-controlnet 1.1.455): maps of two
// colours stay so, lines of one pixel stay lines of one pixel, and few colours are not mixed.
import { halfToEven } from '../../sampling/half-to-even.ts';
import { dilated, eroded3x3, SQUARE } from '../../image/opencv/morphology.ts';
import { blackAndWhite } from '../../image/opencv/otsu.ts';
import { channelOf, type Plane8 } from '../../image/opencv/plane.ts';
import { resizeBytes, type BytesFilter } from '../../image/opencv/resize-bytes.ts';
import { resizeNumbers } from '../../image/opencv/resize-numbers.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { asRgb, type Hint } from './hint.ts';
import type { HintResizeMode } from './hint-resize-modes.ts';
import { ridges, thinned } from './thin.ts';

/** From so many colours on a map is a picture. */
const MANY_COLOURS = 200;

/** `map`: bytes; its fourth channel, if it is to be painted in, the mask. Stops after every row. */
export async function resizedHint(
  map: PixelImage,
  mode: HintResizeMode,
  target: Size,
  pause: Pause,
  painted = false,
): Promise<Hint> {
  const hint = painted ? map : asRgb(map);
  if (mode === 'Just Resize') return scaled(hint, target, painted, pause);
  const [down, across] = [target.height / hint.height, target.width / hint.width];
  const fills = mode === 'Resize and Fill';
  const scale = fills ? Math.min(down, across) : Math.max(down, across);
  const size = {
    width: Math.max(1, halfToEven(hint.width * scale)),
    height: Math.max(1, halfToEven(hint.height * scale)),
  };
  const result = await scaled(hint, size, painted, pause);
  const [x, y] = [offset(size.width, target.width), offset(size.height, target.height)];
  return fills ? placed(result, background(hint, target, painted), x, y) : cropped(result, target, x, y);
}

const offset = (length: number, room: number): number => Math.floor(Math.abs(length - room) / 2);

/** At another size. Masks are black and white again afterwards. */
async function scaled(hint: PixelImage, size: Size, painted: boolean, pause: Pause): Promise<Hint> {
  if (hint.width === size.width && hint.height === size.height) return withWholeMask(hint);
  const colours = coloursOf(hint);
  const [before, after] = [hint.width * hint.height, size.width * size.height];
  const filter: BytesFilter =
    colours > 2 && colours < MANY_COLOURS ? 'nearest' : after < before ? 'area' : 'cubic';
  const resized = painted
    ? await inNumbers(hint, size, filter, pause)
    : await resizeBytes(hint, size.width, size.height, filter, pause);
  const lines = colours === 2 ? await linesOf(hint, pause) : null;
  if (!lines) return resized;
  const grey = greyOf(resized);
  const plane = lines.ofOnePixel
    ? await thinned(blackAndWhite(await ridges(grey, pause)), after > before, pause)
    : blackAndWhite(grey);
  const data = resized.data.slice();
  for (let i = 0; i < after; i += 1)
    data.fill(plane.data[i]!, i * resized.channels, i * resized.channels + 3);
  return { ...resized, data };
}

/** Colours and mask, as float32. */
async function inNumbers(hint: PixelImage, size: Size, filter: BytesFilter, pause: Pause): Promise<Hint> {
  const data = Float32Array.from(hint.data);
  const { channels } = hint;
  const resized = await resizeNumbers({ ...hint, data }, size.width, size.height, filter, pause);
  return withWholeMask({ ...size, channels, data: Float32Array.from(resized.data) });
}

/** Its mask, if it has one, in black and white. */
function withWholeMask(hint: Hint): Hint {
  if (hint.channels === 3) return hint;
  const data = hint.data.slice();
  for (let i = 3; i < data.length; i += 4) data[i] = data[i]! > 127 ? 255 : 0;
  return { ...hint, data };
}

/** As many as it has, and no more than `MANY_COLOURS`. */
function coloursOf({ channels, data }: PixelImage): number {
  const known = new Set<number>();
  for (let i = 0; i < data.length && known.size < MANY_COLOURS; i += channels)
    known.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
  return known.size;
}

/** Of a map of two colours; null where those are no black and white. */
async function linesOf(hint: PixelImage, pause: Pause): Promise<{ readonly ofOnePixel: boolean } | null> {
  const planes = [0, 1, 2].map((channel) => channelOf(hint, channel));
  const has = (test: (value: number) => boolean): boolean => planes.some(({ data }) => data.some(test));
  if (!has((value) => value < 16) || !has((value) => value > 240)) return null;
  const isGrey = planes.every(({ data }) => data.every((value, i) => value === planes[0]!.data[i]));
  let [thin, all] = [0, 0];
  for (const plane of isGrey ? planes.slice(0, 1) : planes) {
    const { data: opened } = await dilated(await eroded3x3(plane, SQUARE, pause), SQUARE, pause);
    for (let i = 0; i < opened.length; i += 1) {
      if (opened[i]! < plane.data[i]!) thin += 1;
      if (plane.data[i]! > 127) all += 1;
    }
  }
  return { ofOnePixel: thin * 2 > all };
}

/** The mean of the colours, in float32, truncated. */
function greyOf({ width, height, channels, data }: Hint): Plane8 {
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i += 1) {
    const at = i * channels;
    const mean = Math.fround((data[at]! + data[at + 1]! + data[at + 2]!) / 3);
    grey[i] = Math.min(255, Math.max(0, mean));
  }
  return { width, height, data: grey };
}

/** One colour: of each channel the median of the border. A mask is set there. */
function background(hint: PixelImage, { width, height }: Size, painted: boolean): Hint {
  const { channels } = hint;
  const colour = Array.from({ length: channels }, (_, channel) => {
    if (channel === 3) return 255;
    const median = borderMedian(hint, channel);
    return painted ? median : Math.trunc(median);
  });
  const data = painted
    ? new Float32Array(width * height * channels)
    : new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i += 1) data[i] = colour[i % channels]!;
  return { width, height, channels, data };
}

/** Corners count twice. */
function borderMedian({ width, height, channels, data }: PixelImage, channel: number): number {
  const at = (x: number, y: number): number => data[(y * width + x) * channels + channel]!;
  const values: number[] = [];
  for (let x = 0; x < width; x += 1) values.push(at(x, 0), at(x, height - 1));
  for (let y = 0; y < height; y += 1) values.push(at(0, y), at(width - 1, y));
  values.sort((a, b) => a - b);
  return (values[values.length / 2 - 1]! + values[values.length / 2]!) / 2;
}

function placed(hint: Hint, onto: Hint, left: number, top: number): Hint {
  const { channels } = hint;
  for (let y = 0; y < Math.min(hint.height, onto.height - top); y += 1) {
    const row = hint.data.subarray(y * hint.width * channels, (y + 1) * hint.width * channels);
    const room = (onto.width - left) * channels;
    onto.data.set(row.subarray(0, room), ((y + top) * onto.width + left) * channels);
  }
  return onto;
}

function cropped(hint: Hint, { width, height }: Size, left: number, top: number): Hint {
  const { channels } = hint;
  const data = hint.data.slice(0, width * height * channels);
  for (let y = 0; y < height; y += 1) {
    const from = ((y + top) * hint.width + left) * channels;
    data.set(hint.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}
