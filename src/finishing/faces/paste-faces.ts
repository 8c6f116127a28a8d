// Restored faces back in their picture (facexlib, paste_faces_to_input_image).
import { inverseOf, type Affine } from '../../image/affine.ts';
import { resizeLanczos4 } from '../../image/lanczos4.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { warpAffine } from '../../image/warp-affine.ts';
import type { AlignedFace } from './align.ts';
import type { PlacedMask } from './face-mask.ts';

/** Says where a face, whose square lies over the picture by `back`, is seen. */
export type MaskFor = (face: PixelImage, back: Affine, picture: Size) => Promise<PlacedMask>;

/** RGB. `scale`: how many times as large as `picture` the result is to be; 2 and more shift by A1111's half a pixel. */
export async function pasteFaces(
  picture: PixelImage,
  faces: readonly AlignedFace[],
  maskFor: MaskFor,
  pause: Pause,
  scale = 1,
): Promise<PixelImage> {
  const [width, height] = [Math.trunc(scale * picture.width), Math.trunc(scale * picture.height)];
  const under = await resizeLanczos4(picture, width, height, pause);
  const patches: Patch[] = [];
  for (const { image, map } of faces) {
    const back = scaled(inverseOf(map), scale);
    const mask = await maskFor(image, back, { width, height });
    patches.push({ ...mask, face: await warpAffine(image, back, mask.area, [0, 0, 0], pause) });
  }
  return overlaid(under, patches, pause);
}

function scaled([a, b, c, d, e, f]: Affine, by: number): Affine {
  const shift = by > 1 ? by / 2 : 0;
  return [a * by, b * by, c * by + shift, d * by, e * by, f * by + shift];
}

/** A face at its place, and how it is seen there. */
interface Patch extends PlacedMask {
  /** RGB, of the area's size. */
  readonly face: PixelImage;
}

/** One over the other, truncated only at the end. */
async function overlaid(under: PixelImage, patches: readonly Patch[], pause: Pause): Promise<PixelImage> {
  const { width, height } = under;
  const data = new Uint8Array(under.data);
  const row = new Float64Array(3 * width);
  for (let y = 0; y < height; y += 1) {
    const here = patches.filter(({ area }) => y >= area.top && y < area.bottom);
    if (here.length === 0) continue;
    await pause();
    row.set(data.subarray(3 * y * width, 3 * (y + 1) * width));
    for (const patch of here) layRow(row, patch, y);
    // What blurs and sums have left of whole numbers is truncated with the rest, as there.
    for (let i = 0; i < row.length; i += 1) data[3 * y * width + i] = Math.trunc(row[i]!);
  }
  return { width, height, channels: 3, data };
}

function layRow(row: Float64Array, { area, share, strength, face }: Patch, y: number): void {
  const first = (y - area.top) * share.width;
  for (let x = 0; x < share.width; x += 1) {
    const [seen, by] = [share.data[first + x]!, strength?.data[first + x] ?? 1];
    for (let c = 0; c < 3; c += 1) {
      const at = 3 * (area.left + x) + c;
      row[at] = seen * (by * face.data[3 * (first + x) + c]!) + (1 - seen) * row[at]!;
    }
  }
}
