// What is written before chunks come or go, so that whatever a killed tab leaves of them can be told from all else.
//
// Chunks and records lie in two databases, which no transaction spans. An intent names chunks (all those of one import id)
// that are about to be written, or deleted; it is dropped when that is done. While its tab lives it holds a lock of the
// intent's own. An intent without its lock is dead: its chunks belong to nobody, unless the record that was to name them does.
// Chunks without an intent are none of this file's business.
import { exclusively, ifFree } from './locks.ts';
import { parseModel } from './model-record.ts';
import { explainStorageFailure } from './storage.ts';
import { intentStore, modelStore, weightStore } from './stores.ts';

/** `model`: key of the record that may name the chunks; null while none does. */
interface ImportIntent {
  readonly model: string | null;
  /** Milliseconds since 1970. */
  readonly since: number;
}

const lockOf = (id: string): string => `darkroom-import-${id}`;

/** The id of the import that made a chunk. */
export function importOf(chunkKey: string): string {
  return chunkKey.slice(0, chunkKey.lastIndexOf('/'));
}

/** Runs `work`, which writes chunks of the import `id`, and deletes what no record names of them, however it ends. */
export async function withIntent<T>(id: string, work: () => Promise<T>): Promise<T> {
  return exclusively(lockOf(id), async () => {
    await declare(id, null).catch((error: unknown) => {
      throw explainStorageFailure(error, 'nothing of this model was stored');
    });
    try {
      return await work();
    } finally {
      // Where that fails, too, the intent stays and is settled by the next visit.
      await settle(id).catch(() => undefined);
    }
  });
}

/** From now on the record under the key `model` may name the chunks of `id`, or has named them and is about to go. */
export async function declare(id: string, model: string | null): Promise<void> {
  const intent: ImportIntent = { model, since: Date.now() };
  await intentStore.set(id, intent);
}

/** Deletes what dead imports left. Resolves with how many chunks that were. */
export async function sweepDeadImports(): Promise<number> {
  let swept = 0;
  for (const id of await intentStore.keys()) {
    if (typeof id !== 'string') continue;
    swept += (await ifFree(lockOf(id), () => settle(id))) ?? 0;
  }
  return swept;
}

/** The same for one import, whose worker has just been ended: waits for the browser to give up its lock. */
export async function sweepImport(id: string): Promise<void> {
  await exclusively(lockOf(id), () => settle(id));
}

/** What was declared is done. */
export async function dropIntents(ids: readonly string[]): Promise<void> {
  await intentStore.delete(ids);
}

/** Import ids whose chunks are spoken for. */
export async function intendedImports(): Promise<ReadonlySet<string>> {
  return new Set((await intentStore.keys()).map(String));
}

/** Deletes the chunks of `id` that no record can name, then the intent. Resolves with how many those were. */
async function settle(id: string): Promise<number> {
  const intent = parseIntent(await intentStore.get(id));
  if (!intent) return 0;
  const named = await namedBy(intent.model);
  if (!named) {
    // A record that cannot be read may name them: they are kept, and it is no longer for an intent to say whose they are.
    await intentStore.delete([id]);
    return 0;
  }
  const found = (await weightStore.keys()).filter(
    (key) => typeof key === 'string' && importOf(key) === id && !named.has(key),
  );
  if (found.length > 0) await weightStore.delete(found);
  await intentStore.delete([id]);
  return found.length;
}

/** Chunks that the record names; null where it cannot be read. */
async function namedBy(model: string | null): Promise<ReadonlySet<unknown> | null> {
  const record = model === null ? undefined : await modelStore.get(model);
  if (record === undefined) return new Set();
  const parsed = parseModel(model, record);
  return typeof parsed === 'string' ? null : new Set(parsed.chunks.map(({ key }) => key));
}

/** Null for what a later version wrote: it knows better what to do with it. */
function parseIntent(value: unknown): ImportIntent | null {
  if (typeof value !== 'object' || value === null) return null;
  const { model, since } = value as Partial<ImportIntent>;
  return (model === null || typeof model === 'string') && typeof since === 'number' ? { model, since } : null;
}
