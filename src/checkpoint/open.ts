// Opens whatever checkpoint a person brings: the format is recognised by its bytes, never by its name.
import { looksLikeSafetensors, openSafetensors } from './safetensors.ts';
import { looksLikeLegacy, openTorchLegacy } from './torch-legacy.ts';
import { openTorchZip } from './torch-zip.ts';
import { CheckpointError, type ByteSource, type Checkpoint } from './types.ts';
import { looksLikeZip } from './zip.ts';

/** Bytes that tell the formats apart. */
const HEAD = 64;

/**
 * Reads the header or directory of a checkpoint; tensor data stays in the file.
 * Throws CheckpointError, whose message says what is wrong with the file.
 */
export async function openCheckpoint(source: ByteSource): Promise<Checkpoint> {
  if (source.size === 0) {
    throw new CheckpointError('not-a-checkpoint', 'The file is empty. Download it again.');
  }
  const head = await source.read(0, Math.min(HEAD, source.size));
  // Before the others: a safetensors header length may look like a pickle's first bytes, but never has a "{" after it.
  if (looksLikeSafetensors(head)) return openSafetensors(source);
  if (looksLikeZip(head)) return openTorchZip(source);
  if (looksLikeLegacy(head)) return openTorchLegacy(source);
  throw notACheckpoint(head);
}

/** Downloads that went wrong in a way their first bytes show. */
const MISTAKES: readonly (readonly [magic: string, what: string])[] = [
  [
    'version https://git-lfs',
    'a Git LFS pointer, not the model itself. Download the real file (git lfs pull)',
  ],
  ['<', 'a web page, not a model. The download link probably asked for a login: download it in the browser'],
  ['\x89PNG', 'a picture (PNG)'],
  ['\xff\xd8\xff', 'a picture (JPEG)'],
  ['RIFF', 'a picture or a sound'],
  ['GGUF', 'a GGUF model, a format that is not supported. Look for the .safetensors file of the same model'],
  ['\x1f\x8b', 'packed with gzip. Unpack it first'],
  ['7z\xbc\xaf', 'a 7-Zip archive. Unpack it first'],
  ['Rar!', 'a RAR archive. Unpack it first'],
  ['\x89HDF', 'an HDF5 file, a format that is not supported'],
];

function notACheckpoint(head: Uint8Array): CheckpointError {
  const text = String.fromCharCode(...head);
  const mistake = MISTAKES.find(([magic]) => text.trimStart().startsWith(magic));
  return new CheckpointError(
    'not-a-checkpoint',
    mistake === undefined
      ? 'This is not a model file: it is neither safetensors nor a PyTorch checkpoint, or its beginning is missing or damaged.'
      : `This file is ${mistake[1]}.`,
  );
}
