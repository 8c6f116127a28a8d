// A folder of the person's, chosen once, that every picture is saved to as well: A1111's outputs, with its folders and names. For a
// worker; the handle outlives the page in IndexedDB, the permission to write may not.
import type { Seed } from '../generation/request/seeds.ts';
import { ImageError } from '../image/errors.ts';
import { MAX_PIXELS, decodePng } from '../image/png.ts';
import { withoutAlpha } from '../image/pixels.ts';
import { resize } from '../image/resize.ts';
import { exclusively } from './locks.ts';
import { directoriesOf, freeName, stemIn, type Naming } from './output-names.ts';
import { convertedPicture, jpegOf, namedPicture, type BatchPlace } from './picture-export.ts';
import type { SavedAs } from './saved-as.ts';
import type { SavedTo } from './saved-to.ts';

/** A1111's folders for what a picture is. */
export type OutputPlace =
  'txt2img-images' | 'img2img-images' | 'extras-images' | 'txt2img-grids' | 'img2img-grids';

export interface OutputPicture {
  readonly place: OutputPlace;
  readonly png: Blob;
  readonly seed: Seed;
  readonly createdAt: number;
  readonly parameters: string;
  /** Behind the name: "-before-highres-fix"; empty for pictures themselves. */
  readonly suffix: string;
  /** Of the picture that it was made of, where that names it (Extras); null for a number. */
  readonly forced: string | null;
  /** Where it stood in its run; null where that is not known. */
  readonly batch: BatchPlace | null;
}

/** One writes at a time, in all tabs, so that no two take the same number. */
const LOCK = 'darkroom-output';

/** Chromium's; Firefox and Safari have no such folders. */
interface WithPermission {
  queryPermission?(descriptor: { readonly mode: 'readwrite' }): Promise<PermissionState>;
  requestPermission?(descriptor: { readonly mode: 'readwrite' }): Promise<PermissionState>;
}

/** Whether the browser lets the page write there now. */
export async function mayWrite(folder: FileSystemDirectoryHandle): Promise<boolean> {
  const state = await (folder as WithPermission).queryPermission?.({ mode: 'readwrite' });
  return state === undefined || state === 'granted';
}

/** Asks the person, as part of a click. */
export async function askToWrite(folder: FileSystemDirectoryHandle): Promise<boolean> {
  const state = await (folder as WithPermission).requestPermission?.({ mode: 'readwrite' });
  return state === undefined || state === 'granted';
}

/**
 * Resolves with where the picture lies now. Rejects with the browser's error where the folder is gone, may not be written to, or
 * is full; nothing half-written stays.
 */
export async function saveOutput(
  root: FileSystemDirectoryHandle,
  picture: OutputPicture,
  how: SavedAs,
  to: SavedTo,
): Promise<string> {
  const grid = picture.place.endsWith('grids');
  const noPrompt = picture.place === 'extras-images';
  const format = grid ? to.gridFormat : how.format;
  const { png, parameters } = picture;
  const converted = await convertedPicture(png, parameters, { ...how, format });
  const naming: Naming = {
    named: await namedPicture(picture, png, {
      noPrompt,
      batch: picture.batch,
      maxWords: to.maxPromptWords,
      basename: grid ? 'grid' : '',
    }),
    ...{ grid, noPrompt, suffix: picture.suffix, short: noPrompt || (grid && !to.gridLongName) },
    ...(picture.forced !== null && { forced: picture.forced }),
  };
  return exclusively(LOCK, async () => {
    const files = [{ extension: converted.format as string, file: converted.file }];
    const copy = await jpgCopyOf(png, converted.file.size, converted.format, how, to);
    if (copy) files.push({ extension: 'jpg', file: copy });
    if (to.saveText && parameters !== '')
      files.push({ extension: 'txt', file: new Blob([`${parameters}\n`]) });
    const place = await root.getDirectoryHandle(picture.place, { create: true });
    const path = await saveIn(place, naming, how.pattern, to, files);
    return [picture.place, ...path].join('/');
  });
}

/**
 * Writes a picture, and what lies beside it under the same name. Resolves with the path of the first.
 */
export async function saveIn(
  folder: FileSystemDirectoryHandle,
  naming: Naming,
  pattern: string,
  to: SavedTo,
  files: readonly { readonly extension: string; readonly file: Blob }[],
): Promise<string[]> {
  const path = await directoriesOf(naming, to);
  let directory = folder;
  for (const part of path) directory = await directory.getDirectoryHandle(part, { create: true });
  const names = await namesIn(directory);
  const [first, ...beside] = files;
  const stem = await stemIn(names, naming, pattern, to, first!.extension);
  const name = freeName(names, stem, first!.extension, to);
  await write(directory, name, first!.file, names.includes(name));
  for (const { extension, file } of beside) {
    // Texts are replaced, as there.
    const next = extension === 'txt' ? `${stem}.txt` : freeName(names, stem, extension, to);
    await write(directory, next, file, names.includes(next));
  }
  return [...path, name];
}

async function namesIn(directory: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of directory.keys()) names.push(name);
  return names;
}

/** The browser writes beside the file, and puts it in its place when it is whole. */
async function write(
  directory: FileSystemDirectoryHandle,
  name: string,
  file: Blob,
  existed: boolean,
): Promise<void> {
  const handle = await directory.getFileHandle(name, { create: true });
  try {
    const writable = await handle.createWritable();
    await file.stream().pipeTo(writable as WritableStream<Uint8Array>);
  } catch (error) {
    // What was made for it is empty.
    if (!existed) await directory.removeEntry(name).catch(() => undefined);
    throw error;
  }
}

/** Of a picture that is large in bytes or sides, as large as may be; null where none is wanted, or it is a JPEG already. */
async function jpgCopyOf(
  png: Blob,
  bytes: number,
  format: string,
  { quality }: SavedAs,
  { jpgCopy, jpgCopyMegabytes, jpgCopySide }: SavedTo,
): Promise<Blob | null> {
  if (!jpgCopy || format === 'jpg') return null;
  const tooMany = bytes > jpgCopyMegabytes * 2 ** 20;
  try {
    const size = await sizeOf(png);
    const oversize = size !== null && (size.width > jpgCopySide || size.height > jpgCopySide);
    if (!oversize && !tooMany) return null;
    const image = withoutAlpha(await decodePng(new Uint8Array(await png.arrayBuffer()), MAX_PIXELS));
    const { width, height } = image;
    if (!oversize) return await jpegOf(image, quality);
    const [w, h] =
      width / height > 1
        ? [jpgCopySide, Math.round((height * jpgCopySide) / width)]
        : [Math.round((width * jpgCopySide) / height), jpgCopySide];
    return await jpegOf(resize(image, Math.max(1, w), Math.max(1, h), 'lanczos'), quality);
  } catch (error) {
    // The picture itself is there.
    if (error instanceof ImageError || error instanceof DOMException) return null;
    throw error;
  }
}

async function sizeOf(png: Blob): Promise<{ readonly width: number; readonly height: number } | null> {
  const head = new DataView(await png.slice(0, 24).arrayBuffer());
  return head.byteLength === 24 ? { width: head.getUint32(16), height: head.getUint32(20) } : null;
}
