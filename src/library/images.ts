// Finished pictures, kept until the person deletes them.
import { del, set, values } from 'idb-keyval';
import { explainStorageFailure } from './storage.ts';
import { imageStore } from './stores.ts';
import type { StoredImage } from './types.ts';

/** Rejects with StorageFullError where there is no room; the caller still holds the picture. */
export async function saveImage(image: StoredImage): Promise<void> {
  try {
    await set(image.id, image, imageStore());
  } catch (error) {
    throw await explainStorageFailure(error, image.png.size);
  }
}

/** Newest first. Records that are not pictures are passed over. */
export async function listImages(): Promise<StoredImage[]> {
  const images = (await values<unknown>(imageStore())).filter(isStoredImage);
  return images.sort((a, b) => b.createdAt - a.createdAt);
}

export async function deleteImage(id: string): Promise<void> {
  await del(id, imageStore());
}

function isStoredImage(value: unknown): value is StoredImage {
  if (typeof value !== 'object' || value === null) return false;
  const image = value as Partial<StoredImage>;
  return (
    typeof image.id === 'string' &&
    typeof image.createdAt === 'number' &&
    typeof image.width === 'number' &&
    typeof image.height === 'number' &&
    typeof image.parameters === 'string' &&
    image.png instanceof Blob
  );
}
