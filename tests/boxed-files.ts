// The files of the box as the importer and the networks see them. Tests only.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../public/box', import.meta.url));

/** Names of all that lies in public/box. */
export function boxedFiles(): string[] {
  return readdirSync(FOLDER).sort();
}

/** Bytes of a file of public/box. */
export function boxedFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, name)));
}
