// The masks of a YOLOv8 segmentation network (ultralytics utils/ops.py, process_mask), and what a detailer makes of them: stretched
// to the picture from the whole letterboxed size, bars included (Bing-su/adetailer, mask_to_pil).
import { resize, type Raster } from '../../image/resize.ts';
import type { Planes } from '../../image/tiles.ts';

/** Pixels of the network's picture along one of its mask pictures. */
const SHRUNK = 4;

/**
 * 0 or 1 in the size that the network sees. `prototypes`: [masks, height / 4, width / 4]; `mixture`: a number for each of them.
 * `box`: left, top, right, bottom of what it is about; the mask ends there.
 */
export function maskOf(
  prototypes: Planes,
  mixture: ArrayLike<number>,
  box: readonly [number, number, number, number],
): Raster {
  const small = mixed(prototypes, mixture, box);
  const [width, height] = [SHRUNK * prototypes.width, SHRUNK * prototypes.height];
  const data = new Uint8Array(width * height);
  const [columns, rows] = [between(prototypes.width, width), between(prototypes.height, height)];
  for (let y = 0; y < height; y += 1) {
    const row = rows[y]!;
    for (let x = 0; x < width; x += 1) {
      const column = columns[x]!;
      const at = (r: number, c: number): number => small[r * prototypes.width + c]!;
      const upper = at(row.low, column.low) * (1 - column.share) + at(row.low, column.high) * column.share;
      const lower = at(row.high, column.low) * (1 - column.share) + at(row.high, column.high) * column.share;
      if (upper * (1 - row.share) + lower * row.share > 0) data[y * width + x] = 1;
    }
  }
  return { width, height, channels: 1, data };
}

/** The mixture in the size of the prototypes, 0 outside of the box. */
function mixed(
  { data, width, height, channels }: Planes,
  mixture: ArrayLike<number>,
  box: readonly [number, number, number, number],
): Float32Array {
  const [left, top, right, bottom] = box.map((at) => Math.fround(at / SHRUNK));
  const result = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    if (y < top! || y >= bottom!) continue;
    for (let x = 0; x < width; x += 1) {
      if (x < left! || x >= right!) continue;
      let sum = 0;
      for (let k = 0; k < channels; k += 1) sum += mixture[k]! * data[(k * height + y) * width + x]!;
      result[y * width + x] = sum;
    }
  }
  return result;
}

/** Bilinear places of a length that becomes another, edges on edges (torch's align_corners=False). */
function between(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(from - 1, Math.floor(at));
    return { low, high: Math.min(from - 1, low + 1), share: at - low };
  });
}

/** 255 where the thing is, in the picture's size. */
export function maskInPicture(mask: Raster, width: number, height: number): Raster {
  const data = Uint8Array.from(mask.data, (value) => 255 * value);
  return resize({ ...mask, data }, width, height, 'bicubic');
}
