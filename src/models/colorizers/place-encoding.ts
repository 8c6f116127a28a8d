// Where in a picture a place lies, as a transformer is told it (Carion et al. 2020, "PositionEmbeddingSine", normalised).

const TEMPERATURE = 10000;
const EPSILON = 1e-6;

/** [height * width, channels]: half of the channels say the row, half the column, in sines and cosines by turns. */
export function placeEncoding(
  { height, width }: { readonly height: number; readonly width: number },
  channels: number,
): Float32Array {
  const half = channels / 2;
  const along = (length: number): Float32Array =>
    Float32Array.from({ length: length * half }, (_, at) => {
      const [place, i] = [Math.floor(at / half), at % half];
      const angle = ((place + 1) / (length + EPSILON)) * 2 * Math.PI;
      const turned = angle / TEMPERATURE ** ((2 * Math.floor(i / 2)) / half);
      return i % 2 === 0 ? Math.sin(turned) : Math.cos(turned);
    });
  const [rows, columns] = [along(height), along(width)];
  const all = new Float32Array(height * width * channels);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      all.set(rows.subarray(y * half, (y + 1) * half), at);
      all.set(columns.subarray(x * half, (x + 1) * half), at + half);
    }
  }
  return all;
}
