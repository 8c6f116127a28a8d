// The picture that img2img starts from, as a request carries it: the bytes themselves, so that the request means the same whenever
// and wherever it is carried out.
import { sha256 } from 'hash-wasm';
import { ImageError } from '../../image/errors.ts';
import { MAX_FILE_BYTES, readImageMetadata } from '../../image/metadata.ts';
import type { Size } from '../../image/picture-file.ts';

export interface SourcePicture {
  /** PNG, or another format that the browser reads. In memory: a file on disk may change before its turn comes. */
  readonly file: Blob;
  /** Of the file, lowercase hex. */
  readonly sha256: string;
  /** In pixels, upright; null where the file does not say. */
  readonly size: Size | null;
}

/** @throws ImageError when it is no PNG, JPEG, WebP, AVIF or GIF, or is too large. */
export async function sourcePicture(file: Blob): Promise<SourcePicture> {
  if (file.size > MAX_FILE_BYTES)
    throw new ImageError(`The file has ${file.size} bytes; pictures of up to ${MAX_FILE_BYTES} can be read.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { size, orientation } = await readImageMetadata(bytes);
  const turned = size && orientation >= 5;
  return {
    file: new Blob([bytes], { type: file.type }),
    sha256: await sha256(bytes),
    size: turned ? { width: size.height, height: size.width } : size,
  };
}

/** Hex digits of a picture's SHA-256 that parameters texts tell. */
const HASH_DIGITS = 10;

export function hashToText({ sha256 }: SourcePicture): string {
  return sha256.slice(0, HASH_DIGITS);
}

/** How the SHA-256 of a picture begins; null for what is no such thing. */
export function hashFromText(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9a-f]{6,64}$/.test(value) ? value : null;
}
