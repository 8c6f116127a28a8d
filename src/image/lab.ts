// CIE L*a*b* in bytes, as OpenCV's 8-bit COLOR_RGB2LAB and COLOR_LAB2RGB have it (modules/imgproc/src/color_lab.cpp): L is
// stretched to 0..255, a and b lie around 128. To Lab in the same integers; back in floating point, within 1 (a few of very
// dark, saturated colours within 2). See lightness.ts for floats.

/** sRGB to XYZ, and back; the white is D65. */
export const TO_XYZ = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
] as const;
const TO_RGB = [
  [3.240479, -1.53715, -0.498535],
  [-0.969256, 1.875991, 0.041556],
  [0.055648, -0.204043, 1.057311],
] as const;
const WHITE = [0.950456, 1, 1.088754] as const;

const XYZ_SHIFT = 12;
/** Bits that light has more than a byte. */
const LIGHT_SHIFT = 3;
const LAB_SHIFT = XYZ_SHIFT + LIGHT_SHIFT;
const LAB_ONE = 2 ** LAB_SHIFT;
/** Up to one and a half times white. */
const ROOTS = (256 * 3 * 2 ** LIGHT_SHIFT) / 2;
const LIGHT_ONE = 255 * 2 ** LIGHT_SHIFT;

/** Linear light of sRGB's 0..1. */
export const lightOf = (value: number): number =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const valueOf = (light: number): number =>
  light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
/** What takes a component's share of white to L*a*b*, and back. */
const rootOf = (share: number): number => (share < 0.008856 ? share * 7.787 + 16 / 116 : Math.cbrt(share));
const shareOf = (root: number): number => (root <= 6 / 29 ? (root - 16 / 116) / 7.787 : root ** 3);

interface Tables {
  readonly light: Int32Array;
  readonly root: Int32Array;
}
let tables: Tables | null = null;

function tablesOf(): Tables {
  tables ??= {
    light: Int32Array.from({ length: 256 }, (_, i) => Math.round(LIGHT_ONE * lightOf(i / 255))),
    root: Int32Array.from({ length: ROOTS }, (_, i) => Math.round(LAB_ONE * rootOf(i / LIGHT_ONE))),
  };
  return tables;
}

const WEIGHTS = TO_XYZ.map((row, i) => row.map((value) => Math.round((2 ** XYZ_SHIFT * value) / WHITE[i]!)));
const L_SCALE = Math.trunc((116 * 255 + 50) / 100);
const L_SHIFT = -Math.trunc((16 * 255 * LAB_ONE + 50) / 100);

/** Three bytes a pixel. */
export function rgbToLab(rgb: ArrayLike<number>): Uint8ClampedArray<ArrayBuffer> {
  const { light, root } = tablesOf();
  const lab = new Uint8ClampedArray(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    const [r, g, b] = [light[rgb[i]!]!, light[rgb[i + 1]!]!, light[rgb[i + 2]!]!];
    const rootAt = (row: number): number => {
      const [wr, wg, wb] = WEIGHTS[row] as [number, number, number];
      return root[descaled(r * wr + g * wg + b * wb, XYZ_SHIFT)]!;
    };
    const [x, y, z] = [rootAt(0), rootAt(1), rootAt(2)];
    lab[i] = descaled(L_SCALE * y + L_SHIFT, LAB_SHIFT);
    lab[i + 1] = descaled(500 * (x - y) + 128 * LAB_ONE, LAB_SHIFT);
    lab[i + 2] = descaled(200 * (y - z) + 128 * LAB_ONE, LAB_SHIFT);
  }
  return lab;
}

/** Divided by 2^bits, rounded. */
function descaled(value: number, bits: number): number {
  return (value + 2 ** (bits - 1)) >> bits;
}

/** Colours that sRGB does not have are clipped. */
export function labToRgb(lab: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(lab.length);
  for (let i = 0; i < lab.length; i += 3) {
    const unit = rgbOf((lab[i]! * 100) / 255, lab[i + 1]! - 128, lab[i + 2]! - 128);
    for (let c = 0; c < 3; c++) rgb[i + c] = Math.round(255 * unit[c]!);
  }
  return rgb;
}

/** Red, green, blue, 0..1, of L 0..100 and of a and b around 0. Colours that sRGB does not have are clipped. */
export function rgbOf(lightness: number, a: number, b: number): readonly [number, number, number] {
  const y = lightness <= 8 ? (lightness / 903.3) * 7.787 + 16 / 116 : (lightness + 16) / 116;
  const [xs, ys, zs] = [
    shareOf(y + a / 500) * WHITE[0],
    shareOf(y) * WHITE[1],
    shareOf(y - b / 200) * WHITE[2],
  ];
  const valueAt = ([wx, wy, wz]: (typeof TO_RGB)[number]): number =>
    valueOf(Math.min(1, Math.max(0, wx * xs + wy * ys + wz * zs)));
  return [valueAt(TO_RGB[0]), valueAt(TO_RGB[1]), valueAt(TO_RGB[2])];
}
