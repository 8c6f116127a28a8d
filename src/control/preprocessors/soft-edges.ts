// Edges and lines that networks find (sd-webui-controlnet 1.1.455: annotator/hed, annotator/pidinet, annotator/lineart,
// annotator/lineart_anime, scripts/preprocessor/legacy/processor.py).
import { blurBytes } from '../../image/opencv/blur.ts';
import type { Plane8 } from '../../image/opencv/plane.ts';
import { resizeBytes } from '../../image/opencv/resize-bytes.ts';
import { resizeNumbers } from '../../image/opencv/resize-numbers.ts';
import type { Pause } from '../../image/pause.ts';
import { resizePlanes } from '../../image/resize-planes.ts';
import { inBytes, planesOf, type AskNetwork } from './annotators.ts';
import type { RgbImage } from './hint.ts';
import { blurredRidges } from './thin.ts';

const { fround } = Math;

/** Few levels of grey, "safe": what a network hides in faint edges is gone. */
function inSteps(value: number, steps = 2): number {
  return fround(Math.trunc(fround(fround(value) * (steps + 1))) / steps);
}

/** The mean of five pictures of edges, the smaller ones enlarged, through a sigmoid. White on black. */
export async function hedEdges(
  image: RgbImage,
  ask: AskNetwork,
  { safe }: { readonly safe: boolean },
): Promise<Plane8> {
  const { width, height } = image;
  const outputs = [1, 2, 3, 4, 5].map((i) => `edges${i}`);
  const found = await ask(
    planesOf(image, (byte) => byte),
    outputs,
  );
  const sums = new Float32Array(width * height);
  for (const [i, data] of found.entries()) {
    const small = { channels: 1, width: width / 2 ** i, height: height / 2 ** i, data };
    const whole = resizePlanes(small, height, width, 'bilinear').data;
    for (let at = 0; at < sums.length; at += 1) sums[at]! += whole[at]!;
  }
  const edges = Float64Array.from(sums, (sum) => {
    const edge = 1 / (1 + Math.exp(-fround(sum / outputs.length)));
    return 255 * (safe ? inSteps(edge) : edge);
  });
  return { width, height, data: inBytes(edges) };
}

/** "sketch": nothing between black and white. */
export async function pidinetEdges(
  image: RgbImage,
  ask: AskNetwork,
  how: 'plain' | 'safe' | 'sketch',
): Promise<Plane8> {
  const input = planesOf(image, (byte) => byte / 255, { swapped: true });
  const [edges] = await ask(input, ['edges']);
  const data = inBytes(
    edges!.map(
      (edge) => 255 * (how === 'sketch' ? Number(edge > 0.5) : how === 'safe' ? inSteps(edge) : edge),
    ),
  );
  return { width: image.width, height: image.height, data };
}

/** Edges as one draws them by hand. */
export async function scribbled(edges: Plane8, pause: Pause): Promise<Plane8> {
  const ridges = await blurredRidges(edges, 127, 3, pause);
  const { data } = await blurBytes({ ...ridges, channels: 1 as const }, 3, pause);
  return { ...edges, data: Uint8Array.from(data, (value) => (value > 4 ? 255 : 0)) };
}

/** White on black, unlike what the network draws. */
export async function drawnLines(image: RgbImage, ask: AskNetwork): Promise<Plane8> {
  const [lines] = await ask(
    planesOf(image, (byte) => byte / 255),
    ['lines'],
  );
  return { ...image, data: inBytes(lines!.map((line) => line * 255)).map((value) => 255 - value) };
}

/** Sides that its network halves to one pixel. */
const ANIME_SIDE = 256;

/** White on black, unlike what the network draws. */
export async function animeLines(image: RgbImage, ask: AskNetwork, pause: Pause): Promise<Plane8> {
  const { width, height } = image;
  const up = (side: number): number => Math.ceil(side / ANIME_SIDE) * ANIME_SIDE;
  const large = await resizeBytes(image, up(width), up(height), 'cubic', pause);
  const input = planesOf(large, (byte) => fround(byte / 127.5) - 1);
  const [lines] = await ask(input, ['lines']);
  const data = Float32Array.from(lines!, (line) => fround(line * 127.5) + 127.5);
  const drawn = { width: large.width, height: large.height, channels: 1, data };
  const sized = await resizeNumbers(drawn, width, height, 'cubic', pause);
  return { width, height, data: inBytes(sized.data).map((value) => 255 - value) };
}
