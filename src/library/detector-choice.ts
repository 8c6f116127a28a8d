// Detectors of the library by the names that ADetailer gives them: those of their files, endings included.
import type { StoredModel } from './types.ts';

/** What is looked at of a detector's file. */
export type NamedDetector = Pick<StoredModel, 'sha256' | 'name' | 'fileName' | 'detection'>;

/** A file under its name: what the controls offer and texts say. */
export interface LibraryDetector<T> {
  readonly name: string;
  readonly model: T;
}

/** Those that can be used. Where two have one name, the later one's has the beginning of its hash added. */
export function detectorsAmong<T extends NamedDetector>(models: readonly T[]): readonly LibraryDetector<T>[] {
  const usable = models.filter(({ detection }) => detection.kind === 'detector' && detection.supported);
  const named: LibraryDetector<T>[] = [];
  // Newest first there: the older one keeps the name that texts may have.
  for (const model of usable.toReversed()) {
    const name = nameOf(model);
    const taken = named.some((other) => other.name === name);
    named.push({ model, name: taken ? `${name} [${model.sha256.slice(0, 10)}]` : name });
  }
  return named.toSorted((a, b) => BY_NAME.compare(a.name, b.name));
}

const BY_NAME = new Intl.Collator('en', { numeric: true });

const stemOf = (fileName: string): string => fileName.replace(/\.[^.]*$/, '');

/** Its file's, unless it was given another here. */
function nameOf({ name, fileName }: NamedDetector): string {
  return name === stemOf(fileName) ? fileName : name;
}

/** By the name that is offered, or any other that it has: its file's, the one it was given; null where it is not there. */
export function findDetector<T extends NamedDetector>(
  detectors: readonly LibraryDetector<T>[],
  wanted: string,
): LibraryDetector<T> | null {
  const others = ({ model }: LibraryDetector<T>): string[] => [
    model.name,
    model.fileName,
    stemOf(model.fileName),
  ];
  return (
    detectors.find(({ name }) => name === wanted) ??
    detectors.find((detector) => others(detector).includes(wanted)) ??
    // The same weights, saved as safetensors.
    detectors.find((detector) => others(detector).includes(stemOf(wanted))) ??
    null
  );
}
