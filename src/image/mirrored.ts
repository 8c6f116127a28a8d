// Places beyond the end of a side, mirrored without the outermost one again (OpenCV's BORDER_REFLECT_101): ... 2 1 | 0 1 2 ...
export function mirrored(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = Math.abs(at) % period;
  return folded < length ? folded : period - folded;
}
