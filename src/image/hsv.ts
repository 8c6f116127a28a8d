// Hue, saturation and value in bytes, as OpenCV's 8-bit COLOR_RGB2HSV and COLOR_HSV2RGB have them (modules/imgproc/src/color_hsv.simd.hpp):
// hue is halved, 0..179. To HSV in the same integers, back in the same float32, truncated as its vectors do it: the pixels at the end
// of a row that fill no vector are rounded there.

const SHIFT = 12;
const HUES = 180;
const SECTORS = 6;

interface Tables {
  readonly saturation: Int32Array;
  readonly hue: Int32Array;
}
let tables: Tables | null = null;

/** What a share of the value, and of the difference between the largest and the least, is multiplied by. */
function tablesOf(): Tables {
  const shares = (of: number): Int32Array =>
    Int32Array.from({ length: 256 }, (_, i) => (i === 0 ? 0 : Math.round((of * 2 ** SHIFT) / i)));
  tables ??= { saturation: shares(255), hue: shares(HUES / SECTORS) };
  return tables;
}

const descaled = (value: number): number => (value + 2 ** (SHIFT - 1)) >> SHIFT;

/** Three bytes a pixel. */
export function rgbToHsv(rgb: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const { saturation, hue } = tablesOf();
  const hsv = new Uint8Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    const [r, g, b] = [rgb[i]!, rgb[i + 1]!, rgb[i + 2]!];
    const value = Math.max(r, g, b);
    const difference = value - Math.min(r, g, b);
    let turn = r - g + 4 * difference;
    if (value === r) turn = g - b;
    else if (value === g) turn = b - r + 2 * difference;
    const h = descaled(turn * hue[difference]!);
    hsv[i] = h < 0 ? h + HUES : h;
    hsv[i + 1] = descaled(difference * saturation[value]!);
    hsv[i + 2] = value;
  }
  return hsv;
}

const { fround } = Math;
/** Of red, green and blue in each sector: the value, the least, what falls, what rises. */
const PLACES = [
  [0, 3, 1],
  [2, 0, 1],
  [1, 0, 3],
  [1, 2, 0],
  [3, 1, 0],
  [0, 1, 2],
] as const;

/** Hues beyond 179 go round. */
export function hsvToRgb(hsv: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(hsv.length);
  const unit = fround(1 / 255);
  const scale = fround(SECTORS / HUES);
  for (let i = 0; i < hsv.length; i += 3) {
    const turn = fround(hsv[i]! * scale);
    const saturation = fround(hsv[i + 1]! * unit);
    const value = fround(hsv[i + 2]! * unit);
    const sector = Math.floor(turn);
    const part = fround(turn - sector);
    const less = (share: number): number => fround(value * fround(1 - share));
    const levels = [
      value,
      less(saturation),
      less(fround(saturation * part)),
      less(fround(saturation * fround(1 - part))),
    ];
    for (const [c, place] of PLACES[sector % SECTORS]!.entries())
      rgb[i + c] = Math.trunc(fround(levels[place]! * 255));
  }
  return rgb;
}
