// Finds the reference data: tests/reference, or the folder that REFERENCE_DIR names.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const REFERENCE_DIR =
  process.env['REFERENCE_DIR'] ?? fileURLToPath(new URL('./reference', import.meta.url));

/** Bytes of a reference file; `.gz` ones are unpacked. */
export function readReference(...path: string[]): Uint8Array {
  const full = join(REFERENCE_DIR, ...path);
  const bytes = readFileSync(full);
  return new Uint8Array(full.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}

export function readReferenceJson<T>(...path: string[]): T {
  return JSON.parse(new TextDecoder().decode(readReference(...path))) as T;
}

/** Names in a folder of the reference data, sorted; empty when the folder is not there. */
export function listReference(...path: string[]): string[] {
  const full = join(REFERENCE_DIR, ...path);
  return existsSync(full) ? readdirSync(full).sort() : [];
}

/** Folders under `models/` that hold a whole tiny checkpoint, found by their config.json. */
export function tinyModels(): string[] {
  return listReference('models').filter((name) => {
    const folder = join(REFERENCE_DIR, 'models', name);
    return statSync(folder).isDirectory() && existsSync(join(folder, 'config.json'));
  });
}

/** Of the tiny models the first of each kind: one of those that have the same layers in other sizes. */
export function firstOfEachKind(): ReadonlySet<string> {
  const first = new Map<string, string>();
  for (const model of tinyModels()) {
    const config = readReferenceJson<{ readonly family: string; readonly kind?: string }>(
      ...['models', model, 'config.json'],
    );
    const kind = `${config.family} ${config.kind ?? ''}`;
    if (!first.has(kind)) first.set(kind, model);
  }
  return new Set(first.values());
}
