// Small versions of pictures: made once, off the page's thread, and kept beside the pictures.
import { withImages } from './image-database.ts';
import { readPng } from './images.ts';

/** Pixels of a thumbnail's shorter side: twice a tile, for dense screens. */
const SHORT_SIDE = 320;
/** The longer side of a panorama is cut there. */
const LONG_SIDE = 960;
/** Bytes of a PNG that is unpacked. */
const MAX_PNG_BYTES = 256 * 2 ** 20;

/** Why there is none. `missing`: the browser no longer has the picture; `unreadable`: what it has is no picture. */
export type ThumbnailProblem = 'missing' | 'unreadable';
export type Thumbnail = { readonly blob: Blob } | { readonly problem: ThumbnailProblem };

/** Null where none was made yet. */
export async function storedThumbnail(id: string): Promise<Blob | null> {
  return withImages(async (database) => {
    const value = await database.get('thumbnails', id);
    return value instanceof Blob && value.size > 0 ? value : null;
  });
}

/** For a worker. Never rejects for a damaged picture: that is an answer. */
export async function makeThumbnail(id: string): Promise<Thumbnail> {
  const png = await readPng(id).catch(() => null);
  if (!png) return { problem: 'missing' };
  if (png.size > MAX_PNG_BYTES) return { problem: 'unreadable' };
  let blob: Blob;
  try {
    blob = await shrinkPicture(png);
  } catch (error) {
    if (error instanceof DOMException) return { problem: 'unreadable' };
    throw error;
  }
  // A full disk only means that it is made again next time.
  await keep(id, blob).catch(() => undefined);
  return { blob };
}

/** Only while the picture is there: it may have been deleted meanwhile. */
async function keep(id: string, blob: Blob): Promise<void> {
  await withImages(async (database) => {
    const transaction = database.transaction(['records', 'thumbnails'], 'readwrite');
    const known = await transaction.objectStore('records').getKey(id);
    if (known !== undefined) await transaction.objectStore('thumbnails').put(blob, id);
    await transaction.done;
  });
}

/** @throws DOMException when it is no picture. */
export async function shrinkPicture(png: Blob): Promise<Blob> {
  const whole = await createImageBitmap(png);
  try {
    const { width, height } = thumbnailSize(whole.width, whole.height);
    const canvas = new OffscreenCanvas(width, height);
    // It is read once and thrown away: not worth the GPU, which may be busy with a picture.
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('This browser cannot draw thumbnails in a worker.');
    context.imageSmoothingQuality = 'high';
    context.drawImage(whole, 0, 0, width, height);
    const webp = await canvas.convertToBlob({ type: 'image/webp', quality: 0.82 });
    // Safari writes no WebP, and gives a PNG instead.
    return webp.type === 'image/webp'
      ? webp
      : await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
  } finally {
    whole.close();
  }
}

/** Never larger than the picture, in its proportions. */
export function thumbnailSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, SHORT_SIDE / Math.min(width, height), LONG_SIDE / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}
