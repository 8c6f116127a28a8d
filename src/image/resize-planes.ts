// Planes of numbers resized as torch.nn.functional.interpolate does it: what A1111 makes of latents.
import { emptyPlanes, type Planes } from './tiles.ts';

/** mode="bilinear", align_corners=False, antialias=False. */
export function resizeBilinear(from: Planes, height: number, width: number): Planes {
  const to = emptyPlanes(from.channels, height, width);
  const [rows, columns] = [neighbours(from.height, height), neighbours(from.width, width)];
  for (let c = 0; c < from.channels; c += 1) {
    const plane = from.data.subarray(c * from.height * from.width, (c + 1) * from.height * from.width);
    for (const [y, row] of rows.entries()) {
      for (const [x, column] of columns.entries()) {
        const along = (line: number): number =>
          plane[line * from.width + column.low]! * (1 - column.share) +
          plane[line * from.width + column.high]! * column.share;
        to.data[(c * height + y) * width + x] =
          along(row.low) * (1 - row.share) + along(row.high) * row.share;
      }
    }
  }
  return to;
}

/** Of each place along a side, the two it lies between, and what the higher one counts. */
function neighbours(length: number, outLength: number) {
  return Array.from({ length: outLength }, (_, i) => {
    const at = Math.max(0, ((i + 0.5) * length) / outLength - 0.5);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, length - 1), share: at - low };
  });
}
