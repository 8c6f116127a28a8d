// Control networks of the library by the names that Mikubill's extension 1.1.455 gives them (scripts/global_state.py, and
// scripts/controlnet.py find_closest_lora_model_name): that of the file without its ending, and A1111's old hash of it.
import { stemOf, type Named, type NamedFile } from './named-files.ts';
import type { StoredModel } from './types.ts';

type ControlFile = NamedFile & Pick<StoredModel, 'oldHash'>;

/** Those that can be used, in the order of their names. */
export function controlsAmong<T extends ControlFile>(models: readonly T[]): readonly Named<T>[] {
  return models
    .filter(({ detection }) => detection.control && detection.supported)
    .map((model) => ({ name: nameOf(model), model }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function nameOf({ name, oldHash, sha256 }: ControlFile): string {
  return `${name} [${oldHash ?? sha256.slice(0, 8)}]`;
}

/** Null where it is not there. */
export function findControl<T extends ControlFile>(
  controls: readonly Named<T>[],
  wanted: string,
): Named<T> | null {
  const byFile = controls.find(({ model }) => stemOf(model.fileName) === withoutHash(wanted));
  const found = closestControl(
    controls.map(({ name }) => name),
    wanted,
  );
  return controls.find(({ name }) => name === found) ?? byFile ?? null;
}

/** Exactly that name, or without its hash in any case, or else the shortest that it is a part of. A name with another hash is none of them. */
export function closestControl(names: readonly string[], wanted: string): string | null {
  if (wanted === '') return null;
  if (names.includes(wanted)) return wanted;
  const text = wanted.toLowerCase();
  const stems = names
    .filter((name) => name !== 'None')
    .map((name) => [withoutHash(name).toLowerCase(), name] as const);
  const whole = stems.find(([stem]) => stem === text);
  if (whole) return whole[1];
  const parts = stems.filter(([stem]) => stem.includes(text)).toSorted(([a], [b]) => a.length - b.length);
  return parts[0]?.[1] ?? null;
}

function withoutHash(name: string): string {
  return name.replace(/ \[[0-9a-f]+\]$/, '');
}
