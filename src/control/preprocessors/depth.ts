// Depth by Depth Anything V2 (sd-webui-controlnet 1.1.455, annotator/depth_anything_v2.py; DepthAnything/Depth-Anything-V2,
// util/transform.py). What is near is white.
import { halfToEven } from '../../sampling/half-to-even.ts';
import type { Plane8 } from '../../image/opencv/plane.ts';
import { resizeNumbers } from '../../image/opencv/resize-numbers.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import { resizePlanes } from '../../image/resize-planes.ts';
import type { Planes } from '../../image/tiles.ts';
import { inBytes, type AskNetwork } from './annotators.ts';
import type { RgbImage } from './hint.ts';

/** Of its network's pictures the shorter side, at least. */
const SIDE = 518;
const PATCH = 14;
/** ImageNet's. */
const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

export async function depthMap(image: RgbImage, ask: AskNetwork, pause: Pause): Promise<Plane8> {
  const { width, height } = image;
  const input = await depthInput(image, pause);
  const [data] = await ask(input, ['depth']);
  const depth = resizePlanes({ ...input, channels: 1, data: data! }, height, width, 'bilinear').data;
  const least = depth.reduce((a, b) => Math.min(a, b), Infinity);
  const range = Math.fround(depth.reduce((a, b) => Math.max(a, b), -Infinity) - least);
  const grey = depth.map((value) => Math.fround(Math.fround(value - least) / range) * 255);
  return { width, height, data: inBytes(grey) };
}

/** As the network takes it; the extension hands it red for blue. */
export async function depthInput(image: RgbImage, pause: Pause): Promise<Planes> {
  const { width, height } = depthSize(image);
  const data = Float64Array.from(image.data, (_, i) => image.data[i + 2 - 2 * (i % 3)]! / 255);
  const resized = await resizeNumbers({ ...image, data }, width, height, 'cubic', pause);
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let c = 0; c < 3; c += 1)
    for (let i = 0; i < area; i += 1)
      planes[c * area + i] = (resized.data[3 * i + c]! - MEAN[c]!) / DEVIATION[c]!;
  return { channels: 3, width, height, data: planes };
}

function depthSize({ width, height }: Size): Size {
  const scale = Math.max(SIDE / width, SIDE / height);
  const sideOf = (length: number): number => {
    const near = halfToEven((scale * length) / PATCH) * PATCH;
    return near < SIDE ? Math.ceil((scale * length) / PATCH) * PATCH : near;
  };
  return { width: sideOf(width), height: sideOf(height) };
}
