// Packs pictures into a zip file without holding them in memory: one after the other is read from the library and streamed
// into a file. They are compressed already; they are stored as they are.
import { makeZip } from 'client-zip';
import type { ZipOutcome, ZipProgress } from './gallery-types.ts';
import { findImages, readPng } from './images.ts';
import { isDamaged } from './image-record.ts';
import { explainStorageFailure, sizeText } from './storage.ts';
import { collectFile } from './temporary-files.ts';
import { exportPicture } from './picture-export.ts';
import { DEFAULT_SAVED_AS, type SavedAs } from './saved-as.ts';

/** For a worker: checksums take time. Rejects with StorageFullError where there is no room. */
export async function zipImages(
  ids: readonly string[],
  onProgress: (progress: ZipProgress) => void,
  signal: AbortSignal,
  how: SavedAs = DEFAULT_SAVED_AS,
): Promise<ZipOutcome> {
  const records = new Map((await findImages(ids)).map((image) => [image.id, image]));
  let bytes = 0;
  let missing = 0;

  async function* files(): AsyncGenerator<{ name: string; lastModified: Date; input: Blob }> {
    let index = 0;
    for (const [position, id] of ids.entries()) {
      if (signal.aborted) return;
      onProgress({ done: position, total: ids.length });
      const record = records.get(id);
      const png = record && !isDamaged(record) ? await readPng(id).catch(() => null) : null;
      if (!record || isDamaged(record) || !png) {
        missing += 1;
        continue;
      }
      const { name, file } = await exportPicture(record, png, index, how, true);
      bytes += file.size;
      yield { name, lastModified: new Date(record.createdAt), input: file };
      index += 1;
    }
  }

  let file: Blob;
  try {
    file = await collectFile(makeZip(files()), signal);
  } catch (error) {
    if (signal.aborted) return { status: 'cancelled', file: null, missing };
    throw explainStorageFailure(error, `there is no room for a zip of ${sizeText(bytes)}`);
  }
  if (signal.aborted) return { status: 'cancelled', file: null, missing };
  onProgress({ done: ids.length, total: ids.length });
  return { status: 'finished', file: missing < ids.length ? file : null, missing };
}
