// Files that are made to be downloaded: streamed to disk, into the browser's own file system (OPFS), so that none of them is
// ever in memory as a whole.

const FOLDER = 'darkroom-temporary';
/** Milliseconds after which a download has surely been taken over. */
const MAX_AGE = 600_000;

/** Rejects with the browser's error where there is no room, and with an AbortError once `signal` says so. */
export async function collectFile(stream: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<Blob> {
  const folder = await openFolder();
  // Pages opened as a file, and some private windows, have no such file system: the browser keeps it as it sees fit.
  if (!folder) return new Response(stream).blob();
  const name = crypto.randomUUID();
  const handle = await folder.getFileHandle(name, { create: true });
  try {
    await stream.pipeTo((await handle.createWritable()) as WritableStream<Uint8Array>, { signal });
    return await handle.getFile();
  } catch (error) {
    await folder.removeEntry(name).catch(() => undefined);
    throw error;
  }
}

/** Frees the files of earlier downloads. Nothing tells when the browser has copied one, so the youngest stay. */
export async function sweepTemporaryFiles(): Promise<void> {
  const folder = await openFolder();
  if (!folder) return;
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind !== 'file') continue;
    const { lastModified } = await (handle as FileSystemFileHandle).getFile();
    if (Date.now() - lastModified > MAX_AGE) await folder.removeEntry(name).catch(() => undefined);
  }
}

async function openFolder(): Promise<FileSystemDirectoryHandle | null> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch {
    return null;
  }
}
