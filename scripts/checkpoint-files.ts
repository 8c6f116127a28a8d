// Checkpoints by their paths, and options that are checked, for what merges and compares on the command line.
import { existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import type { ByteSource } from '../src/checkpoint/types.ts';
import { MergeError, type MergeModel } from '../src/merging/types.ts';
import { UsageError } from './usage-error.ts';

export interface OpenedFile extends MergeModel {
  readonly fileName: string;
  readonly source: ByteSource;
}

/** Null for no path. Rejects with UsageError and CheckpointError. */
export async function open(path: string | undefined): Promise<OpenedFile | null> {
  if (path === undefined) return null;
  const source = fileSource(resolve(process.env['INIT_CWD'] ?? '.', path));
  const fileName = basename(path);
  return {
    name: fileName.replace(/\.[^.]*$/, ''),
    fileName,
    source,
    checkpoint: await openCheckpoint(source),
  };
}

function fileSource(path: string): ByteSource {
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}.`);
  const descriptor = openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const read = readSync(descriptor, bytes, done, length - done, offset + done);
        if (read === 0)
          throw new UsageError(`${path} ends at byte ${offset + done}. Download or copy it again.`);
        done += read;
      }
      return bytes;
    },
  };
}

/** Whatever its capitals. */
export function oneOf<T extends string>(
  option: string,
  names: readonly T[],
  given: string,
  usage: string,
): T {
  const found = names.find((name) => name.toLowerCase() === given.toLowerCase());
  if (found === undefined) throw new UsageError(`--${option} is one of: ${names.join(', ')}.\n\n${usage}`);
  return found;
}

export function numberOf(given: string): number {
  const number = given.trim() === '' ? Number.NaN : Number(given);
  if (!Number.isFinite(number)) throw new UsageError(`"${given}" is not a number.`);
  return number;
}

/** What is wrong with a file or the arguments is said without where in the program it was found. */
export function say(error: unknown): void {
  const isSaid =
    error instanceof UsageError || error instanceof MergeError || isNamed(error, 'CheckpointError');
  console.error(isSaid && error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
