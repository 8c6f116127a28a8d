// Pictures of requests: base64, alone or as the address of a "data:" URI.
import { ImageError } from '../image/errors.ts';
import { imageFormat } from '../image/metadata.ts';
import { sourcePicture, type SourcePicture } from '../generation/request/source-picture.ts';
import type { Json } from '../other-programs/json.ts';
import { refusal } from './api-error.ts';

/** Characters of a picture in base64: 64 MB of it. */
const MAX_BASE64 = 86_000_000;

/** @throws ApiError for what is no picture. Nothing is ever fetched from an address. */
export function pictureBytes(given: Json): Uint8Array<ArrayBuffer> {
  const text = typeof given === 'string' ? given.trim() : '';
  if (/^https?:\/\//i.test(text)) throw refusal(500, 'Requests not allowed');
  const base64 = text.replace(/^data:[\w/+.;=-]*,/, '');
  if (base64.length > MAX_BASE64) throw refusal(413, 'A picture has more than 64 MB.');
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  if (imageFormat(bytes) === null) throw refusal(500, 'Invalid encoded image');
  return bytes;
}

/** Rejects with an ApiError. */
export async function pictureOf(given: Json): Promise<SourcePicture> {
  try {
    return await sourcePicture(new Blob([pictureBytes(given)]));
  } catch (error) {
    if (error instanceof ImageError) throw refusal(500, 'Invalid encoded image');
    throw error;
  }
}
