// Files that child processes leave for their parent, and numbers in files.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Whole or not at all: whoever is killed while writing leaves what was there before. */
export function writeJson(path: string, value: unknown): void {
  writeFileSync(`${path}.part`, `${JSON.stringify(value, null, 1)}\n`);
  renameSync(`${path}.part`, path);
}

/** Null where there is none. */
export function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return null;
  }
}

export function writeFloats(path: string, { buffer, byteOffset, byteLength }: Float32Array): void {
  writeFileSync(`${path}.part`, new Uint8Array(buffer, byteOffset, byteLength));
  renameSync(`${path}.part`, path);
}

/** Null where there is none. */
export function readFloats(path: string): Float32Array | null {
  try {
    const bytes = readFileSync(path);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  } catch {
    return null;
  }
}
