// What a reader of one format finds in a file without looking at its pixels.

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Views into the file: nothing is copied or decoded yet. */
export interface PictureFile {
  /** In pixels, as the file says; null where it does not. */
  readonly size: Size | null;
  /** TIFF data, perhaps behind "Exif\0\0". */
  readonly exif: Uint8Array | null;
  /** A JPEG's COM segment, a GIF's comment. */
  readonly comment: Uint8Array | null;
  /** An XMP packet, of JPEG and WebP. (A PNG's is one of its texts.) */
  readonly xmp?: Uint8Array;
}

export function larger(a: Size | null, b: Size): Size {
  return a && a.width * a.height >= b.width * b.height ? a : b;
}
