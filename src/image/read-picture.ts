// The pixels of a picture file, upright, as they are to be painted over: PNGs by our own reader, alike everywhere and with
// untouched colours under transparency; other formats by the browser's decoder, in the page or a worker.
import { ImageError } from './errors.ts';
import { findOrientation } from './exif.ts';
import { imageFormat, MAX_FILE_BYTES, readImageMetadata } from './metadata.ts';
import { orient } from './orient.ts';
import type { PixelImage } from './pixels.ts';
import { chunksBeforeDamage } from './png-text.ts';
import { decodePng, MAX_PIXELS } from './png.ts';

/** @throws ImageError when it is no picture, is damaged or too large, or nothing here can read it. */
export async function readPicture(file: Blob): Promise<PixelImage> {
  if (file.size > MAX_FILE_BYTES)
    throw new ImageError(`The file has ${file.size} bytes; pictures of up to ${MAX_FILE_BYTES} can be read.`);
  const buffer = await file.arrayBuffer().catch(() => {
    throw new ImageError('The file can no longer be read; choose it again.');
  });
  const bytes = new Uint8Array(buffer);
  if (imageFormat(bytes) === 'png') return orient(await decodePng(bytes), orientationOf(bytes));
  const { size, format } = await readImageMetadata(bytes);
  if (size && size.width * size.height > MAX_PIXELS) throw tooLarge(size.width, size.height);
  return decodeInBrowser(file, format);
}

function orientationOf(png: Uint8Array): number {
  for (const { type, data } of chunksBeforeDamage(png)) if (type === 'eXIf') return findOrientation(data);
  return 1;
}

async function decodeInBrowser(file: Blob, format: string): Promise<PixelImage> {
  if (typeof createImageBitmap === 'undefined' || typeof OffscreenCanvas === 'undefined')
    throw new ImageError('Only PNG pictures can be read here.');
  const bitmap = await createImageBitmap(file, {
    imageOrientation: 'from-image',
    premultiplyAlpha: 'none',
  }).catch(() => {
    throw new ImageError(`The browser cannot read this ${format.toUpperCase()} picture: it is damaged.`);
  });
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) throw tooLarge(width, height);
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new ImageError('This browser cannot draw pictures in a worker.');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, channels: 4, data: new Uint8Array(data.buffer) };
  } finally {
    bitmap.close();
  }
}

function tooLarge(width: number, height: number): ImageError {
  return new ImageError(
    `The picture has ${width} x ${height} pixels; at most ${MAX_PIXELS} can be opened. Scale it down first.`,
  );
}
