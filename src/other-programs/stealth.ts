// Texts in the lowest bits of a picture's pixels, which outlast what strips a file of its texts: the format of sd-webui-stealth-pnginfo,
// of which NovelAI makes use. Column by column, one bit a pixel in alpha ("stealth_pnginfo", or packed by gzip "stealth_pngcomp"), or
// three in red, green and blue ("stealth_rgbinfo", "stealth_rgbcomp"); then the length in bits, 32 bits, then the text.
import { ImageError } from '../image/errors.ts';
import type { PixelImage } from '../image/pixels.ts';
import { decodePng } from '../image/png.ts';
import { MAX_TEXT_BYTES } from '../image/text-limits.ts';
import { unpack } from '../image/zlib.ts';

/** Pixels of a picture that is searched: more than any that NovelAI makes. */
export const MAX_SEARCHED = 2_300_000;

const MARK_BYTES = 15;
const MARKS = {
  alpha: { stealth_pnginfo: false, stealth_pngcomp: true },
  colors: { stealth_rgbinfo: false, stealth_rgbcomp: true },
} as const;

/** In the pixels of a PNG: null where there is none, or they cannot be read. Takes as long as decoding it: not for the page's thread. */
export async function hiddenText(png: Blob): Promise<string | null> {
  try {
    return await stealthTextOf(await decodePng(new Uint8Array(await png.arrayBuffer()), MAX_SEARCHED));
  } catch (error) {
    if (error instanceof ImageError) return null;
    throw error;
  }
}

/** Null where there is none, or it is damaged or larger than any sensible text. */
async function stealthTextOf(image: PixelImage): Promise<string | null> {
  for (const place of ['alpha', 'colors'] as const) {
    if (place === 'alpha' && image.channels !== 4) continue;
    const bits = new LowBits(image, place === 'alpha' ? [3] : [0, 1, 2]);
    const mark = new TextDecoder('latin1').decode(bits.bytes(MARK_BYTES) ?? new Uint8Array());
    const marks: Readonly<Record<string, boolean>> = MARKS[place];
    if (!Object.hasOwn(marks, mark)) continue;
    const length = bits.bytes(4);
    if (!length) return null;
    const count = Math.ceil(new DataView(length.buffer).getUint32(0) / 8);
    const content = count <= MAX_TEXT_BYTES ? bits.bytes(count) : null;
    if (!content) return null;
    if (!marks[mark]) return new TextDecoder().decode(content);
    const { bytes, end } = await unpack(content, MAX_TEXT_BYTES, 'gzip');
    return end === 'whole' ? new TextDecoder().decode(bytes) : null;
  }
  return null;
}

class LowBits {
  #position = 0;

  constructor(
    private readonly image: PixelImage,
    private readonly channels: readonly number[],
  ) {}

  /** The next ones, the highest bit first; null where the picture ends before. */
  bytes(count: number): Uint8Array<ArrayBuffer> | null {
    const { width, height, channels, data } = this.image;
    if (this.#position + 8 * count > width * height * this.channels.length) return null;
    const bytes = new Uint8Array(count);
    for (let i = 0; i < 8 * count; i += 1, this.#position += 1) {
      const pixel = Math.floor(this.#position / this.channels.length);
      const channel = this.channels[this.#position % this.channels.length]!;
      const [x, y] = [Math.floor(pixel / height), pixel % height];
      const bit = data[(y * width + x) * channels + channel]! & 1;
      bytes[i >> 3]! |= bit << (7 - (i & 7));
    }
    return bytes;
  }
}
