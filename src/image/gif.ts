// The blocks of a GIF file before its first picture, where comments stand (GIF89a, 15 to 26).
import { concat, startsWith, viewOf } from './bytes.ts';
import type { PictureFile } from './picture-file.ts';

const HEADER_BYTES = 13;
const EXTENSION = 0x21;
const COMMENT = 0xfe;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

export function isGif(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_BYTES && (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a'));
}

/** Comments of the first picture, one a line, as Pillow's GifImagePlugin gives them. */
export function readGif(bytes: Uint8Array): PictureFile {
  const view = viewOf(bytes);
  let size = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  const flags = bytes[10]!;
  let at = HEADER_BYTES + (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  const comments: Uint8Array[] = [];
  while (at < bytes.length && bytes[at] !== TRAILER) {
    const kind = bytes[at++];
    if (kind === IMAGE) {
      if (at + 8 > bytes.length) break;
      // A picture that is larger than its screen makes the screen larger.
      const [x, y, width, height] = [0, 2, 4, 6].map((i) => view.getUint16(at + i, true)) as [
        number,
        number,
        number,
        number,
      ];
      size = { width: Math.max(size.width, x + width), height: Math.max(size.height, y + height) };
      break;
    }
    if (kind !== EXTENSION) continue;
    const label = bytes[at++];
    const blocks: Uint8Array[] = [];
    for (let length = bytes[at++] ?? 0; length > 0; length = bytes[at++] ?? 0) {
      blocks.push(bytes.subarray(at, at + length));
      at += length;
    }
    if (label !== COMMENT) continue;
    if (comments.length > 0) comments.push(Uint8Array.of(0x0a));
    comments.push(concat(blocks));
  }
  const comment = concat(comments);
  return { size, exif: null, comment: comment.length > 0 ? comment : null };
}
