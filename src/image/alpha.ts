// Arithmetic with transparency in bytes, rounded as Pillow rounds it.

/** RGBA. */
interface Transparent {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
}

/** For 0 .. 255 * 255, and for multiples of it up to 32 bits. */
export function dividedBy255(product: number): number {
  const raised = product + 128;
  return ((raised >>> 8) + raised) >>> 8;
}

/** Pillow's RGBA to RGBa: colours times alpha. */
export function premultiplied<R extends Transparent>(image: R): R {
  const data = new Uint8Array(image.data);
  for (let i = 0; i < data.length; i += 4) {
    for (let c = 0; c < 3; c += 1) data[i + c] = dividedBy255(data[i + c]! * data[i + 3]!);
  }
  return { ...image, data };
}

/** ... and back: truncated, and clipped where rounding has made a colour brighter than its alpha. */
export function unpremultiplied<R extends Transparent>(image: R): R {
  const data = new Uint8Array(image.data);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let c = 0; c < 3; c += 1) data[i + c] = Math.min(255, Math.trunc((255 * data[i + c]!) / alpha));
  }
  return { ...image, data };
}

/** Bits that weights of a composition have beyond a byte. */
const PRECISION_BITS = 7;

/** Lays `over` on `under`, which changes: RGBA both, top left corners on each other (Pillow's Image.alpha_composite). */
export function compose(under: Transparent, over: Transparent): void {
  const [width, height] = [Math.min(under.width, over.width), Math.min(under.height, over.height)];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1)
      composePixel(under, 4 * (y * under.width + x), over, 4 * (y * over.width + x));
  }
}

function composePixel(
  { data: under }: Transparent,
  at: number,
  { data: over }: Transparent,
  from: number,
): void {
  const alpha = over[from + 3]!;
  if (alpha === 0) return;
  const total = 255 * alpha + under[at + 3]! * (255 - alpha);
  const share = Math.trunc((alpha * 255 * 255 * (1 << PRECISION_BITS)) / total);
  const rest = 255 * (1 << PRECISION_BITS) - share;
  for (let c = 0; c < 3; c += 1) {
    const sum = over[from + c]! * share + under[at + c]! * rest + (128 << PRECISION_BITS);
    under[at + c] = ((sum >>> 8) + sum) >>> (8 + PRECISION_BITS);
  }
  under[at + 3] = dividedBy255(total);
}
