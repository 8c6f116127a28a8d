// Detectors of the library by the names that ADetailer gives them: those of their files, endings included.
import { findNamed, namedFiles, stemOf, type Named, type NamedFile } from './named-files.ts';

/** Those that can be used. `models`: newest first. */
export function detectorsAmong<T extends NamedFile>(models: readonly T[]): readonly Named<T>[] {
  const usable = models.filter(({ detection }) => detection.kind === 'detector' && detection.supported);
  // Its file's, unless it was given another here.
  return namedFiles(usable, ({ name, fileName }) => (name === stemOf(fileName) ? fileName : name));
}

/** Null where it is not there. */
export function findDetector<T extends NamedFile>(
  detectors: readonly Named<T>[],
  wanted: string,
): Named<T> | null {
  // The same weights may be saved as safetensors.
  return findNamed(detectors, wanted) ?? findNamed(detectors, stemOf(wanted));
}
