// Whether a file is one that was imported before.
//
// Only the hash of all its bytes says so (A1111's `sha256`, modules/hashes.py). What may save reading gigabytes is what
// A1111's cache goes by, name and time of change, together with size and samples.
import { createSHA256 } from 'hash-wasm';
import type { ByteSource } from '../checkpoint/types.ts';
import type { StoredModel } from './types.ts';

const SAMPLES = 64;
const SAMPLE_BYTES = 4096;

/**
 * SHA-256 over the size and samples spread evenly over the file, lowercase hex. Files that differ here are different; files
 * that do not may be.
 */
export async function fingerprintOf(file: ByteSource): Promise<string> {
  const hasher = await createSHA256();
  hasher.init();
  hasher.update(`${file.size}:`);
  const last = Math.max(0, file.size - SAMPLE_BYTES);
  for (let i = 0; i < SAMPLES; i++) {
    const offset = Math.round((last * i) / (SAMPLES - 1));
    hasher.update(await file.read(offset, Math.min(SAMPLE_BYTES, file.size - offset)));
  }
  return hasher.digest('hex');
}

/**
 * A1111's model hash of before 2023 (modules/sd_models.py, model_hash): 8 digits of the SHA-256 of 64 KiB after the first MiB,
 * of what is there in a shorter file. Several files may have the same.
 */
export async function oldHashOf(file: ByteSource): Promise<string> {
  const hasher = await createSHA256();
  hasher.init();
  const start = Math.min(0x100000, file.size);
  hasher.update(await file.read(start, Math.min(0x10000, file.size - start)));
  return hasher.digest('hex').slice(0, 8);
}

export type FileFacts = Pick<File, 'name' | 'size' | 'lastModified'>;

type KnownFile = Pick<StoredModel, 'fingerprint' | 'fileName' | 'fileSize' | 'fileModified'>;

/** Models that this file may be, for all that its samples tell. */
export function mayBe<M extends KnownFile>(models: readonly M[], file: FileFacts, fingerprint: string): M[] {
  return models.filter((model) => model.fingerprint === fingerprint && model.fileSize === file.size);
}

/** The model that was imported from this very file; null where only its hash can tell. */
export function knownFile<M extends KnownFile>(
  models: readonly M[],
  file: FileFacts,
  fingerprint: string,
): M | null {
  const same = mayBe(models, file, fingerprint).filter(
    (model) => model.fileName === file.name && model.fileModified === file.lastModified,
  );
  return same.length === 1 ? same[0]! : null;
}
