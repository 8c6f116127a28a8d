// The record of a picture: all that lists and searches need of it, without its pixels.
import { parseSeed } from '../generation/request/seeds.ts';
import type { StoredImage } from './types.ts';

export interface ImageRecord extends Omit<StoredImage, 'png'> {
  /** Of the PNG. */
  readonly byteLength: number;
  readonly favourite: boolean;
  /** When it was deleted, in milliseconds since 1970; until it is purged it can be brought back. Null: it is there. */
  readonly deletedAt: number | null;
}

/** What lies under a picture's key and is no record. It can be deleted, nothing else. */
export interface DamagedImage {
  readonly id: string;
  readonly damaged: true;
}

export type ListedImage = ImageRecord | DamagedImage;

/** UTF-16 units of a parameters text that is believed. */
export const MAX_PARAMETERS = 1_000_000;

export function isDamaged(image: ListedImage): image is DamagedImage {
  return 'damaged' in image;
}

export function isSound(image: ListedImage): image is ImageRecord {
  return !isDamaged(image);
}

/** `next`, with the objects of `before` wherever nothing changed: what was read out of their texts need not be read again. */
export function keepUnchanged(before: readonly ListedImage[], next: readonly ListedImage[]): ListedImage[] {
  const known = new Map(before.map((image) => [image.id, image]));
  return next.map((image) => {
    const old = known.get(image.id);
    return old && sameImage(old, image) ? old : image;
  });
}

function sameImage(a: ListedImage, b: ListedImage): boolean {
  if (isDamaged(a) || isDamaged(b)) return isDamaged(a) && isDamaged(b);
  // Nothing else of a picture that is listed ever changes.
  return a.favourite === b.favourite;
}

export function without(images: readonly ListedImage[], ids: readonly string[]): ListedImage[] {
  const gone = new Set(ids);
  return images.filter(({ id }) => !gone.has(id));
}

/** Of a picture that is stored for the first time. */
export function recordOf(image: StoredImage): ImageRecord {
  const { id, createdAt, width, height, seed, modelHash, parameters, png } = image;
  return {
    ...{ id, createdAt, width, height, seed, modelHash, parameters },
    byteLength: png.size,
    favourite: false,
    deletedAt: null,
  };
}

/** Null for anything that is not the record stored under `id`. */
export function parseRecord(id: string, value: unknown): ImageRecord | null {
  if (!hasCommonFields(value) || value.id !== id) return null;
  const record = value as Partial<ImageRecord>;
  const sound =
    Number.isSafeInteger(record.byteLength) &&
    typeof record.favourite === 'boolean' &&
    (record.deletedAt === null || isTime(record.deletedAt));
  return sound ? (record as ImageRecord) : null;
}

/** Null for anything that is not the picture stored under `id`. */
export function parseImage(id: string, value: unknown): StoredImage | null {
  if (!hasCommonFields(value) || value.id !== id) return null;
  const image = value as Partial<StoredImage>;
  return image.png instanceof Blob ? (image as StoredImage) : null;
}

function hasCommonFields(value: unknown): value is { readonly id: string } {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Partial<StoredImage>;
  return (
    typeof fields.id === 'string' &&
    isTime(fields.createdAt) &&
    isSide(fields.width) &&
    isSide(fields.height) &&
    parseSeed(fields.seed) !== null &&
    typeof fields.modelHash === 'string' &&
    typeof fields.parameters === 'string' &&
    fields.parameters.length <= MAX_PARAMETERS
  );
}

/** What a Date can show. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

/** Pixels that a PNG can have. */
function isSide(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31;
}
