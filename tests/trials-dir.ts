// Finds the trials, small inputs of the kinds that people bring, each with its right answer: tests/trials, or the folder
// that TRIALS_DIR names. Their README tells what a case holds.
//
// Tests over them are called `x.trials.test.ts`, stand beside what they test and take the cases of their areas from
// index.json, so that they run on another folder of the same layout.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { REFERENCE_DIR } from './reference-dir.ts';

export const TRIALS_DIR = process.env['TRIALS_DIR'] ?? fileURLToPath(new URL('./trials', import.meta.url));

/** Every tensor whose name begins with `from` gets a name that begins with `to`. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/** What every case has; `E` is what its area expects. */
export interface Trial<E = Readonly<Record<string, unknown>>> {
  readonly id: string;
  readonly area: string;
  /** What is put to the test. */
  readonly kind: string;
  /** A path below the folder. */
  readonly file?: string;
  readonly text?: string;
  readonly prompt?: string;
  /** Wildcard lists: file name to text. */
  readonly lists?: Readonly<Record<string, string>>;
  /** Name of a tiny model, and what is changed of it. */
  readonly base?: string;
  readonly overlay?: string;
  readonly rename?: Renaming | readonly Renaming[];
  readonly remove?: readonly string[];
  readonly patch?: { readonly tensor: string; readonly byte: string };
  readonly expected: E;
  readonly tolerance?: number;
  readonly source: string;
  readonly note?: string;
}

/** The cases of an area; empty where the folder has none. */
export function trials<E>(area: string): Trial<E>[] {
  const index = join(TRIALS_DIR, 'index.json');
  if (!existsSync(index)) return [];
  const { cases } = JSON.parse(readFileSync(index, 'utf8')) as { cases: Trial<E>[] };
  return cases.filter((trial) => trial.area === area);
}

/** A file made to break the page. */
export interface ChaosFile {
  /** A name below `chaos/`. */
  readonly file: string;
  /** Which field of the page takes it: "styles", "sidecar", "wildcard list \"a\"". */
  readonly as: string;
  readonly how: string;
  readonly expect: string;
  readonly bound?: { readonly seconds?: number; readonly megabytes?: number };
}

/** The files of chaos/ that are given to a field; empty where the folder has none. */
export function chaosFiles(as: string): ChaosFile[] {
  const index = join(TRIALS_DIR, 'chaos', 'index.json');
  if (!existsSync(index)) return [];
  const { files } = JSON.parse(readFileSync(index, 'utf8')) as { files: ChaosFile[] };
  return files.filter((file) => file.as.startsWith(as));
}

/** Bytes of a file of the trials; `.gz` ones are unpacked. */
export function readTrial(path: string): Uint8Array<ArrayBuffer> {
  return unpacked(join(TRIALS_DIR, path));
}

/** Bytes of the tiny model that a case changes: from `models/` beside the index, else from the reference data. */
export function readBase(name: string): Uint8Array<ArrayBuffer> {
  return unpacked(baseFile(name));
}

/** Whether a case's tiny model is there; the reference data may be another's. Cases without one need none. */
export function hasBase({ base }: Pick<Trial, 'base'>): boolean {
  return base === undefined || existsSync(baseFile(base));
}

function baseFile(name: string): string {
  const file = join('models', name, `${name}.safetensors.gz`);
  const beside = join(TRIALS_DIR, file);
  return existsSync(beside) ? beside : join(REFERENCE_DIR, file);
}

function unpacked(path: string): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(path);
  return new Uint8Array(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}
