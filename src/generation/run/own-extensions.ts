// The extensions of the person's in the engine: known before a request is looked at, each in a worker of its own while it is carried out.
import { install } from '../../extensions/known.ts';
import { OwnExtension } from '../../extensions/own/extension.ts';
import type { ExtensionUse } from '../../extensions/use.ts';
import { listExtensions } from '../../library/extensions.ts';
import { startExtensionWorker } from '../../runtime/extension-worker.ts';

/** Milliseconds that a hook may take: a large picture on a slow processor. */
const PATIENCE = 20_000;

/** For one request; resolves with what ends them. `tell` hears why one does not take part any more. */
export async function startOwnExtensions(
  uses: readonly ExtensionUse[],
  tell: (message: string) => void,
): Promise<() => void> {
  if (uses.length === 0) return () => undefined;
  const used = (await listExtensions()).filter(
    ({ enabled, manifest }) => enabled && uses.some(({ name }) => name === manifest.name),
  );
  const means = { start: startExtensionWorker, patience: PATIENCE, tell };
  const started = used.map(({ granted, ...pack }) => new OwnExtension(pack, granted, means));
  const uninstall = install(started.map(({ extension }) => extension));
  return () => {
    uninstall();
    for (const own of started) own.end();
  };
}
