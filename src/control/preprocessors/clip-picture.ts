// A picture as CLIP's vision encoder is given it (annotator/clipvision of sd-webui-controlnet 1.1.455, and transformers'
// CLIPImageProcessor after it): squashed to a square, in numbers whose mean is about 0.
import { resizeBytes } from '../../image/opencv/resize-bytes.ts';
import type { Pause } from '../../image/pause.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { Planes } from '../../image/tiles.ts';

const SIDE = 224;
const [MEANS, DEVIATIONS] = [
  [0.48145466, 0.4578275, 0.40821073],
  [0.26862954, 0.26130258, 0.27577711],
].map((list) => Float32Array.from(list)) as [Float32Array, Float32Array];

/** A fourth channel is a mask of what is not to be seen: it becomes 0, which is CLIP's mean colour. */
export async function clipPicture(picture: PixelImage, pause: Pause): Promise<Planes> {
  const { fround } = Math;
  const { data, channels } = await resizeBytes(picture, SIDE, SIDE, 'area', pause);
  const area = SIDE * SIDE;
  const planes = new Float32Array(3 * area);
  for (let c = 0; c < 3; c += 1) {
    for (let i = 0; i < area; i += 1) {
      const value = fround(data[channels * i + c]! * (1 / 255));
      const normed = fround(fround(value - MEANS[c]!) / DEVIATIONS[c]!);
      const shown = channels === 4 ? fround((255 - data[channels * i + 3]!) / 255) : 1;
      planes[c * area + i] = normed * shown;
    }
  }
  return { channels: 3, width: SIDE, height: SIDE, data: planes };
}
