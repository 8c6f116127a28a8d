// Networks for faces in the library by A1111's names: what restores them goes by the name of its kind, whatever its file is called.
import type { FaceKind } from '../models/faces/kinds.ts';
import { findNamed, type Named, type NamedFile } from './named-files.ts';

/** A1111's, as "Face restoration model" has them and texts say. */
const RESTORERS: Readonly<Partial<Record<FaceKind, string>>> = { codeformer: 'CodeFormer', gfpgan: 'GFPGAN' };

export interface FaceFiles<T> {
  readonly restorers: readonly Named<T>[];
  /** RetinaFace, as A1111 has it, or what else finds faces; null where there is none. Of several the one that was imported last. */
  readonly detector: T | null;
  readonly parser: T | null;
}

/**
 * Those that can be used, of a list with the newest first. Of several of one kind the oldest has A1111's name, which texts may have, and
 * the others that of their file.
 */
export function faceFilesAmong<T extends NamedFile>(models: readonly T[]): FaceFiles<T> {
  const usable = models.filter(({ detection }) => detection.supported && detection.face);
  const restorers: Named<T>[] = [];
  for (const model of usable.toReversed()) {
    const known = RESTORERS[model.detection.face!.kind];
    if (known === undefined) continue;
    const taken = (name: string): boolean => restorers.some((other) => other.name === name);
    const names = [known, model.name, `${model.name} [${model.sha256.slice(0, 10)}]`];
    restorers.push({ model, name: names.find((name) => !taken(name))! });
  }
  const of = (wanted: FaceKind): T | null =>
    usable.find(({ detection }) => detection.face!.kind === wanted) ?? null;
  return {
    restorers: restorers.toSorted((a, b) => BY_NAME.compare(a.name, b.name)),
    detector: of('retina-face') ?? of('ssd-mobilenet'),
    parser: of('parse-net'),
  };
}

const BY_NAME = new Intl.Collator('en', { numeric: true });

/** Null where it is not there. */
export function findFaceRestorer<T extends NamedFile>(
  { restorers }: FaceFiles<T>,
  wanted: string,
): Named<T> | null {
  return findNamed(restorers, wanted);
}
