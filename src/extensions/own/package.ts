// The files of an extension that a person brings: one `.js` whose first comment holds the manifest, or manifest.json and main.js in a zip
// or a folder.
import { Unzip, UnzipInflate } from 'fflate';
import { ExtensionError, parseManifest, type Manifest } from './manifest.ts';

export interface ExtensionPackage {
  readonly manifest: Manifest;
  /** A classic script. */
  readonly code: string;
}

/** A file by its path, '/' between folders. */
export interface PackageFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytes of code, and of a zip. */
export const MAX_CODE = 1_000_000;
export const MAX_ZIP = 4_000_000;
const MAX_MANIFEST = 100_000;
/** Manifests and scripts that a zip may have. */
const MAX_FILES = 20;
/** Bytes of a zip that are read at a time: no more than a thousand times as many come of them before they are counted. */
const ZIP_STEP = 16_384;

const MANIFEST = 'manifest.json';
const MAIN = 'main.js';
/** The comment at a script's beginning that holds its manifest. */
const COMMENT = /^\s*\/\*\s*darkroom extension\s*(\{[\s\S]*?\})\s*\*\//i;

/** @throws ExtensionError */
export function readPackage(files: readonly PackageFile[]): ExtensionPackage {
  const [only] = files;
  if (files.length === 1 && only && /\.zip$/i.test(only.path)) return ofFolder(unzipped(only.bytes));
  if (files.length === 1 && only && /\.js$/i.test(only.path)) return ofScript(only.bytes);
  return ofFolder(files);
}

function ofScript(bytes: Uint8Array): ExtensionPackage {
  const code = codeOf(bytes);
  const found = COMMENT.exec(code);
  if (!found)
    throw new ExtensionError(
      'It must begin with a comment that holds its manifest: /* darkroom extension { ... } */',
    );
  return { manifest: parseManifest(found[1]!), code };
}

/** Both files in one folder, wherever that lies. */
function ofFolder(files: readonly PackageFile[]): ExtensionPackage {
  const manifest = files.find(({ path }) => nameOf(path) === MANIFEST);
  const folder = manifest ? manifest.path.slice(0, -MANIFEST.length) : '';
  const main = files.find(({ path }) => path === `${folder}${MAIN}`);
  if (!manifest || !main) throw new ExtensionError(`It must have ${MANIFEST} and, beside it, ${MAIN}.`);
  if (manifest.bytes.length > MAX_MANIFEST) throw new ExtensionError(`Its ${MANIFEST} is too large.`);
  return { manifest: parseManifest(textOf(manifest.bytes)), code: codeOf(main.bytes) };
}

/** Its two files, whatever else is in it. What a zip says of sizes is not believed. */
function unzipped(bytes: Uint8Array): PackageFile[] {
  if (bytes.length > MAX_ZIP) throw new ExtensionError(`The zip is larger than ${MAX_ZIP / 1e6} MB.`);
  const found = new Map<string, Uint8Array[]>();
  let room = MAX_CODE + MAX_MANIFEST;
  const unzip = new Unzip((file) => {
    if (![MANIFEST, MAIN].includes(nameOf(file.name)) || found.size === MAX_FILES) return;
    const parts: Uint8Array[] = [];
    found.set(file.name, parts);
    file.ondata = (error, part) => {
      if (error) throw error;
      room -= part.length;
      if (room < 0) throw new ExtensionError(`Its code is larger than ${MAX_CODE / 1e6} MB.`);
      parts.push(part);
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  try {
    for (let at = 0; at < bytes.length; at += ZIP_STEP)
      unzip.push(bytes.subarray(at, at + ZIP_STEP), at + ZIP_STEP >= bytes.length);
  } catch (error) {
    if (error instanceof ExtensionError) throw error;
    throw new ExtensionError(`The zip cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
  return [...found].map(([path, parts]) => ({ path, bytes: joined(parts) }));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function codeOf(bytes: Uint8Array): string {
  if (bytes.length > MAX_CODE) throw new ExtensionError(`Its code is larger than ${MAX_CODE / 1e6} MB.`);
  const code = textOf(bytes);
  // It could ask the site's server for other scripts, and tell it things by their addresses: the one way out that a worker's policy leaves.
  if (/\bimport\b/.test(code))
    throw new ExtensionError(
      'The word "import" must not stand in its code, not even in a comment: it is one script.',
    );
  return code;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ExtensionError('Its text is not UTF-8.');
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
