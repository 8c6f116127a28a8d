// The files of the box as the importer and the networks see them. Tests only.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Bytes of a file of public/box. */
export function boxedFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../public/box/${name}`, import.meta.url))));
}
