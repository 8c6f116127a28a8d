// The pictures that others were painted over, with their masks, kept so that the same can be made again. Each is kept once, by its
// SHA-256, however many were made of it; it goes when the last of them has gone.
import { sourcePicture, type SourcePicture } from '../generation/request/source-picture.ts';
import { parametersTexts } from './images.ts';
import { sourceStore } from './stores.ts';

/** Milliseconds in which a job may not have come to its first picture yet. */
const WAITING = 7 * 24 * 3_600_000;

/** How texts name them: the beginning of a SHA-256 ("Init image SHA256: 0123456789"). */
const NAMED = /SHA256: "?([0-9a-f]{6,64})\b/g;

interface KeptSource {
  readonly file: Blob;
  readonly name: string;
  /** When it was last made use of, in milliseconds since 1970. */
  readonly usedAt: number;
}

/** Rejects where there is no room. */
export async function keepSource({ sha256, file }: SourcePicture, name: string): Promise<void> {
  const kept = { file, name, usedAt: Date.now() } satisfies KeptSource;
  // The bytes are there: only that they were needed again is new.
  await sourceStore.change(sha256, (before) => (isKept(before) ? { ...before, usedAt: kept.usedAt } : kept));
}

/** By how its SHA-256 begins; null where none is there, or the browser has lost it. */
export async function findSource(
  hash: string,
): Promise<{ readonly picture: SourcePicture; readonly name: string } | null> {
  for (const key of await sourceStore.keys()) {
    if (typeof key !== 'string' || !key.startsWith(hash)) continue;
    const kept = await sourceStore.get(key).catch(() => undefined);
    if (!isKept(kept)) continue;
    // What was stored may be damaged, or somebody else's.
    const picture = await sourcePicture(kept.file).catch(() => null);
    if (picture?.sha256 === key) return { picture, name: kept.name };
  }
  return null;
}

/** Frees those that no picture's text names any more. Resolves with how many those were. */
export async function sweepSources(now = Date.now()): Promise<number> {
  const entries = await sourceStore.entries();
  const old = entries.filter(([, kept]) => !isKept(kept) || now - kept.usedAt > WAITING);
  if (old.length === 0) return 0;
  const named = new Set<string>();
  await parametersTexts((text) => {
    for (const [, hash] of text.matchAll(NAMED)) named.add(hash!);
  });
  const isNamed = (key: unknown) => [...named].some((hash) => String(key).startsWith(hash));
  const gone = old.flatMap(([key]) => (isNamed(key) ? [] : [key]));
  if (gone.length > 0) await sourceStore.delete(gone);
  return gone.length;
}

function isKept(value: unknown): value is KeptSource {
  if (typeof value !== 'object' || value === null) return false;
  const { file, name, usedAt } = value as Partial<KeptSource>;
  return file instanceof Blob && typeof name === 'string' && typeof usedAt === 'number';
}
