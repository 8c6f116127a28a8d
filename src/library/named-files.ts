// Files of the library by the names that controls offer and texts say.
import type { StoredModel } from './types.ts';

/** What is looked at of a file. */
export type NamedFile = Pick<StoredModel, 'sha256' | 'name' | 'fileName' | 'detection'>;

/** A file under its name. */
export interface Named<T> {
  readonly name: string;
  readonly model: T;
}

/** By name; `files`: newest first. Where two have one name, the later one's has the beginning of its hash added. */
export function namedFiles<T extends NamedFile>(
  files: readonly T[],
  nameOf: (file: T) => string,
): readonly Named<T>[] {
  const named: Named<T>[] = [];
  // The older one keeps the name that texts may have.
  for (const model of files.toReversed()) {
    const name = nameOf(model);
    const taken = named.some((other) => other.name === name);
    named.push({ model, name: taken ? `${name} [${model.sha256.slice(0, 10)}]` : name });
  }
  return named.toSorted((a, b) => BY_NAME.compare(a.name, b.name));
}

const BY_NAME = new Intl.Collator('en', { numeric: true });

/** A file's name without its ending. */
export function stemOf(fileName: string): string {
  return fileName.replace(/\.[^.]*$/, '');
}

/** By the name that is offered, or any other that it has: its file's, the one it was given, `more`; null where it is not there. */
export function findNamed<T extends NamedFile>(
  named: readonly Named<T>[],
  wanted: string,
  more: (file: T) => readonly string[] = () => [],
): Named<T> | null {
  const others = ({ model }: Named<T>): readonly string[] => [
    model.name,
    model.fileName,
    stemOf(model.fileName),
    ...more(model),
  ];
  return (
    named.find(({ name }) => name === wanted) ?? named.find((file) => others(file).includes(wanted)) ?? null
  );
}
