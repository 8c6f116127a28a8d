// Where a merged file is written: a folder of the person's, or a file to be downloaded.
import type { ByteSource } from '../checkpoint/types.ts';
import { explainStorageFailure, requireRoom, sizeText } from '../library/storage.ts';
import { collectFile } from '../library/temporary-files.ts';

/** Bytes computed and written at a time. */
const PIECE = 8 << 20;

/** All bytes of a source, computed as they are asked for. `onRead` is told how many there were. */
function streamOf(
  source: ByteSource,
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        signal.throwIfAborted();
        const length = Math.min(PIECE, source.size - at);
        if (length > 0) controller.enqueue(await source.read(at, length));
        at += length;
        onRead(at);
        if (at >= source.size) controller.close();
      },
    },
    { highWaterMark: 1 },
  );
}

/** Rejects with StorageFullError where there is no room. */
export async function makeDownload(
  source: ByteSource,
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  await requireRoom(source.size);
  try {
    return await collectFile(streamOf(source, onRead, signal), signal);
  } catch (error) {
    throw noRoom(error, source);
  }
}

/** Writes `name` into the folder; nothing of it stays when that fails. */
export async function writeToFolder(
  folder: FileSystemDirectoryHandle,
  name: string,
  source: ByteSource,
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  try {
    // What is written lies beside the file until it is whole; then it takes its place.
    const writable = (await handle.createWritable()) as WritableStream<Uint8Array>;
    await streamOf(source, onRead, signal).pipeTo(writable, { signal });
  } catch (error) {
    await folder.removeEntry(name).catch(() => undefined);
    throw noRoom(error, source);
  }
}

/** `name.ending`, or with a number where the folder has such a file. */
export async function freeName(
  folder: FileSystemDirectoryHandle,
  name: string,
  ending: string,
): Promise<string> {
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name} (${number})`;
    try {
      await folder.getFileHandle(`${free}${ending}`);
    } catch {
      return free;
    }
  }
}

function noRoom(error: unknown, { size }: ByteSource): Error {
  return explainStorageFailure(error, `there is no room for a file of ${sizeText(size)}`);
}
