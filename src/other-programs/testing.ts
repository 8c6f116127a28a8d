// Pictures of other programs for tests, as files: the texts are ours, written after what the programs' sources and documents say
// (each test names them), for there are no files of the programs themselves.
import { concat } from '../image/bytes.ts';
import { writeUserComment } from '../image/exif.ts';
import { replaceJpegExif } from '../image/jpeg.ts';
import { readImageMetadata } from '../image/metadata.ts';
import type { PixelImage } from '../image/pixels.ts';
import { encodePng } from '../image/png.ts';
import { replaceWebpExif } from '../image/webp.ts';
import { readOtherProgram } from './read.ts';
import { hiddenText } from './stealth.ts';
import type { OtherPicture, Remark } from './told.ts';

export function blankPicture(width = 64, height = 48, channels: 3 | 4 = 3): PixelImage {
  return { width, height, channels, data: new Uint8Array(width * height * channels).fill(255) };
}

/** The picture with bytes in its lowest bits, column by column, as ashen-sensored/sd_webui_stealth_pnginfo and NovelAI/novelai-image-metadata write them. */
export function withHidden(mark: string, content: Uint8Array, image: PixelImage): PixelImage {
  const { width, height, channels } = image;
  const places = mark.startsWith('stealth_png') ? [3] : [0, 1, 2];
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, 8 * content.length);
  const data = Uint8Array.from(image.data);
  [...new TextEncoder().encode(mark), ...length, ...content]
    .flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1))
    .forEach((bit, i) => {
      const pixel = Math.floor(i / places.length);
      const [x, y] = [Math.floor(pixel / height), pixel % height];
      data[(y * width + x) * channels + places[i % places.length]!] = 254 | bit;
    });
  return { ...image, data };
}

/** A PNG with texts. */
export async function png(texts: Readonly<Record<string, string>>, image = blankPicture()): Promise<Blob> {
  return new Blob([await encodePng(image, texts)]);
}

/** The segments of a JPEG before its pixels, with a user comment. */
export function jpegWithComment(comment: string): Blob {
  return new Blob([replaceJpegExif(jpeg(), writeUserComment(comment))]);
}

/** ... with XMP. */
export function jpegWithXmp(packet: string): Blob {
  const data = new TextEncoder().encode(`http://ns.adobe.com/xap/1.0/\0${packet}`);
  const bytes = jpeg();
  return new Blob([bytes.subarray(0, 2), segment(0xe1, data), bytes.subarray(2)]);
}

function jpeg(): Uint8Array<ArrayBuffer> {
  // Precision, height, width, one component.
  const frame = Uint8Array.of(8, 0, 48, 0, 64, 1, 1, 0x11, 0);
  return concat([Uint8Array.of(0xff, 0xd8), segment(0xc0, frame), Uint8Array.of(0xff, 0xd9)]);
}

function segment(marker: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = data.length + 2;
  return concat([Uint8Array.of(0xff, marker, length >> 8, length & 0xff), data]);
}

/** A WebP with ASCII texts in the first EXIF directory, by their tags, as Pillow writes them. */
export function webpWithExif(texts: ReadonlyMap<number, string>): Blob {
  const entries = [...texts].sort(([a], [b]) => a - b);
  const start = 8 + 2 + 12 * entries.length + 4;
  const values = entries.map(([, text]) => new TextEncoder().encode(`${text}\0`));
  const tiff = new Uint8Array(start + values.reduce((sum, { length }) => sum + length, 0));
  const view = new DataView(tiff.buffer);
  tiff.set(new TextEncoder().encode('II*\0'));
  view.setUint32(4, 8, true);
  view.setUint16(8, entries.length, true);
  let at = start;
  entries.forEach(([tag], i) => {
    const entry = 10 + 12 * i;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, 2, true);
    view.setUint32(entry + 4, values[i]!.length, true);
    view.setUint32(entry + 8, at, true);
    tiff.set(values[i]!, at);
    at += values[i]!.length;
  });
  return new Blob([replaceWebpExif(WEBP, tiff)]);
}

/** 64 x 48 without loss, as far as its header goes. */
const WEBP = (() => {
  const chunk = new Uint8Array(8 + 6);
  chunk.set(new TextEncoder().encode('VP8L'));
  const view = new DataView(chunk.buffer);
  view.setUint32(4, 6, true);
  chunk[8] = 0x2f;
  view.setUint32(9, 63 | (47 << 14), true);
  const head = new Uint8Array(12);
  head.set(new TextEncoder().encode('RIFF'));
  new DataView(head.buffer).setUint32(4, 4 + chunk.length, true);
  head.set(new TextEncoder().encode('WEBP'), 8);
  return concat([head, chunk]);
})();

export async function read(picture: Blob): Promise<OtherPicture | null> {
  return readOtherProgram(await readImageMetadata(picture), () => hiddenText(picture));
}

/** Prompt, negative prompt and fields of what was read; the remarks as short texts. */
export async function told(picture: Blob): Promise<{
  readonly program: string | undefined;
  readonly lines: readonly string[];
  readonly remarks: readonly string[];
}> {
  const found = await read(picture);
  return {
    program: found?.program,
    lines: found?.text.split('\n') ?? [],
    remarks: (found?.remarks ?? []).map(short),
  };
}

const short = (remark: Remark): string =>
  remark.about === 'note' ? remark.note : `${remark.about}: ${remark.name}`;
