// The extensions that the person has installed. What is stored was checked when it came, and is checked again: it may be damaged, or
// another version's.
import { manifestOf, storedManifest, WANTS, type Manifest, type Want } from '../extensions/own/manifest.ts';
import { MAX_CODE, type ExtensionPackage } from '../extensions/own/package.ts';
import { extensionStore } from './stores.ts';

export interface InstalledExtension extends ExtensionPackage {
  /** What the person has let it do. */
  readonly granted: readonly Want[];
  readonly enabled: boolean;
}

/** Of records; others are left alone. */
const VERSION = 1;

/** By name. What cannot be read is left out. */
export async function listExtensions(): Promise<InstalledExtension[]> {
  const entries = await extensionStore.entries();
  return entries.flatMap(([, stored]) => parsed(stored) ?? []).sort((a, b) => compare(nameOf(a), nameOf(b)));
}

/** In place of the one of that name. */
export async function keepExtension({ manifest, ...rest }: InstalledExtension): Promise<void> {
  await extensionStore.set(manifest.name, { version: VERSION, ...rest, manifest: storedManifest(manifest) });
}

export async function removeExtension(name: string): Promise<void> {
  await extensionStore.delete([name]);
}

/** What a version wants that the one before it was not granted; all of it where there is none. */
export function wantedBeyond(
  { wants }: Pick<Manifest, 'wants'>,
  before: Pick<InstalledExtension, 'granted'> | null,
): readonly Want[] {
  return wants.filter((want) => !before?.granted.includes(want));
}

function parsed(stored: unknown): InstalledExtension | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { version, manifest, code, granted, enabled } = stored as Readonly<Record<string, unknown>>;
  if (version !== VERSION || typeof code !== 'string' || code.length > MAX_CODE) return null;
  try {
    return {
      manifest: manifestOf(manifest),
      code,
      granted: WANTS.filter((want) => Array.isArray(granted) && granted.includes(want)),
      enabled: enabled === true,
    };
  } catch {
    return null;
  }
}

function nameOf({ manifest }: InstalledExtension): string {
  return manifest.name;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
