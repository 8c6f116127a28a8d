// Files of the reference data as a person would have them on disk: unpacked, with their sidecars.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readReference, readReferenceJson, tinyModels } from '../tests/reference-dir.ts';

interface Config {
  readonly family: string;
  readonly unet: { readonly in_channels: number };
}

export interface CheckpointFiles {
  /** "tiny-sd1" */
  readonly name: string;
  readonly checkpoint: string;
  readonly sidecar: string;
}

/** Name of a small model that draws from text: SD 1.x with four input channels. Null when REFERENCE_DIR's data has none. */
export const TINY_MODEL: string | null =
  tinyModels().find((name) => {
    const { family, unet } = readReferenceJson<Config>('models', name, 'config.json');
    return family === 'sd1' && unet.in_channels === 4;
  }) ?? null;
// Our own data has one: only other data may lead to skipped tests.
if (TINY_MODEL === null && process.env['REFERENCE_DIR'] === undefined) {
  throw new Error('tests/reference has lost its SD 1.x model.');
}

/** Unpacks a model into `folder`. */
export function unpackModel(model: string, folder: string): CheckpointFiles {
  const { checkpoint } = readReferenceJson<{ checkpoint: string }>('models', model, 'index.json');
  const file = checkpoint.replace(/\.gz$/, '');
  const sidecar = file.replace(/\.[^.]+$/, '.yaml');
  mkdirSync(folder, { recursive: true });
  const files = {
    name: file.replace(/\.[^.]+$/, ''),
    checkpoint: join(folder, file),
    sidecar: join(folder, sidecar),
  };
  writeFileSync(files.checkpoint, readReference('models', model, checkpoint));
  writeFileSync(files.sidecar, readReference('models', model, sidecar));
  return files;
}
