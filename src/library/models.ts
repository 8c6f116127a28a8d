// Models in the library: listing, renaming, deleting, and the weights' chunks behind them.
//
// A model is valid once its record exists. Chunks are written before it under an import's own id, and an intent that names
// the id lies beside them until then (import-intents.ts): whatever a crash leaves behind is known for what it is.
// Everything that writes records holds MODELS_LOCK and changes what is stored then, never what was read before.
import type { Prediction } from '../sampling/types.ts';
import type { Detection } from '../models/types.ts';
import { modelChanges } from './change-channel.ts';
import { declare, dropIntents, importOf, intendedImports } from './import-intents.ts';
import { exclusively, ifFree, IMPORT_LOCK, MODELS_LOCK } from './locks.ts';
import { chunksIn, nameIn, parseModel, type Damage } from './model-record.ts';
import { modelStore, weightStore } from './stores.ts';
import type { StoreKey } from './store.ts';
import type { StoredModel } from './types.ts';

/** A part of a model's weights is not in the storage any more. */
export class MissingWeightsError extends Error {
  override readonly name = 'MissingWeightsError';
}

/** A record that is of no use. */
export interface DamagedModel {
  /** The store's. */
  readonly key: StoreKey;
  /** Null where it cannot be read. */
  readonly name: string | null;
  readonly damage: Damage;
}

export interface LibraryReport {
  /** What can be used, newest first. */
  readonly models: readonly StoredModel[];
  /** What was damaged, by a crash of the browser, a full disk, or is of another version. */
  readonly damaged: readonly DamagedModel[];
  readonly unclaimed: Unclaimed;
}

/** Chunks of weights that belong to no model and no import under way. */
export interface Unclaimed {
  readonly chunks: number;
  readonly bytes: number;
}

export async function inspectModels(): Promise<LibraryReport> {
  const [records, chunks, intended] = await Promise.all([
    modelStore.entries(),
    chunkKeys(),
    intendedImports(),
  ]);
  const stored = new Set(chunks);
  const models: StoredModel[] = [];
  const damaged: DamagedModel[] = [];
  for (const [key, value] of records) {
    const model = parseModel(key, value);
    if (typeof model === 'string') damaged.push({ key, name: nameIn(value), damage: model });
    else if (isComplete(model, stored)) models.push(model);
    else damaged.push({ key, name: model.name, damage: 'no-weights' });
  }
  const unclaimed = unclaimedAmong(chunks, records, intended);
  return {
    models: newestFirst(models),
    damaged,
    unclaimed: { chunks: unclaimed.length, bytes: await sizeOf(unclaimed) },
  };
}

/** Whether the weights behind a record are all there. */
export async function hasWeights(model: StoredModel): Promise<boolean> {
  return isComplete(model, new Set(await chunkKeys()));
}

function isComplete(model: StoredModel, stored: ReadonlySet<StoreKey>): boolean {
  return model.chunks.every(({ key }) => stored.has(key));
}

/** Newest first. Records that cannot be read are passed over: `inspectModels` names them. */
export async function listModels(): Promise<StoredModel[]> {
  const parsed = (await modelStore.entries()).map(([key, value]) => parseModel(key, value));
  return newestFirst(parsed.filter((model) => typeof model !== 'string'));
}

function newestFirst(models: readonly StoredModel[]): StoredModel[] {
  return [...models].sort((a, b) => b.importedAt - a.importedAt);
}

export async function getModel(sha256: string): Promise<StoredModel | undefined> {
  const model = parseModel(sha256, await modelStore.get(sha256));
  return typeof model === 'string' ? undefined : model;
}

/**
 * Makes an import valid, in place of the record of a model that lost its weights. `make` is given that record (undefined: there
 * is none). Null, and nothing done, where the model is there with all its weights.
 */
export async function commitModel(
  sha256: string,
  importId: string,
  make: (twin: StoredModel | undefined) => StoredModel,
): Promise<StoredModel | null> {
  return writing([sha256], async () => {
    const twin = await getModel(sha256);
    if (twin && (await hasWeights(twin))) return null;
    await declare(importId, sha256);
    const model = make(twin);
    await retiringChunks(sha256, () => modelStore.set(sha256, model));
    return model;
  });
}

export async function renameModel(sha256: string, name: string): Promise<void> {
  const trimmed = name.trim().slice(0, 200);
  if (trimmed === '') throw new Error('A model needs a name.');
  await change(sha256, (model) => ({ ...model, name: trimmed }));
}

/** The person's word on what the UNet predicts; null goes back to what was detected. */
export async function setPrediction(sha256: string, prediction: Prediction | null): Promise<void> {
  await change(sha256, (model) => ({ ...model, predictionOverride: prediction }));
}

/** The person's word on position_ids: sound ones, or the file's as A1111 has them. */
export async function setSoundPositions(sha256: string, soundPositions: boolean): Promise<void> {
  await change(sha256, (model) => ({ ...model, soundPositions }));
}

/** So that no further picture is decoded in float16 in vain. */
export async function noteVaeOverflow(sha256: string): Promise<void> {
  await change(sha256, (model) => ({ ...model, vaeOverflows: true }));
}

/** What may be learned anew of a model when its file comes again. Absent: as it is. */
export interface Recognition {
  readonly detection?: Detection;
  readonly predictionOverride?: Prediction;
  /** For a model stored by a version that did not look at its file's buffers. */
  readonly anew?: Pick<StoredModel, 'detection'> & Required<Pick<StoredModel, 'buffers'>>;
  /** The file as it was called and dated this time. */
  readonly file?: Pick<StoredModel, 'fileName' | 'fileModified' | 'fingerprint' | 'oldHash'>;
}

/** Resolves with the model as it is now; null where it has been deleted meanwhile, or has lost its weights. */
export async function recogniseModel(sha256: string, found: Recognition): Promise<StoredModel | null> {
  const { file, anew, ...rest } = found;
  return writing([sha256], async () => {
    const changed = await modelStore.change(sha256, (value) => {
      const model = parseModel(sha256, value);
      if (typeof model === 'string') return undefined;
      return { ...model, ...(anew && madeUpFor(model, anew)), ...file, ...rest };
    });
    return changed && (await hasWeights(changed)) ? changed : null;
  });
}

function madeUpFor(
  model: StoredModel,
  { detection, buffers }: NonNullable<Recognition['anew']>,
): Partial<StoredModel> {
  if (model.buffers) return {};
  // What an earlier sidecar said is not in the file.
  return model.detection.prediction?.from === 'sidecar' ? { buffers } : { buffers, detection };
}

export async function deleteModel(key: StoreKey): Promise<void> {
  await writing([String(key)], () => retiringChunks(key, () => modelStore.delete([key])));
}

/** Keys of all chunks that are there, named by a record or not. */
export async function chunkKeys(): Promise<readonly StoreKey[]> {
  return weightStore.keys();
}

export async function putChunk(key: string, data: Blob): Promise<void> {
  await weightStore.set(key, data);
}

/** The chunks of a model, as Blobs that are read only where they are sliced. Rejects when one is missing. */
export async function getChunks(model: Pick<StoredModel, 'chunks' | 'name'>): Promise<Blob[]> {
  const found = await weightStore.getMany(model.chunks.map((chunk) => chunk.key));
  return found.map((value, index) => {
    if (!(value instanceof Blob) || value.size !== model.chunks[index]?.byteLength) {
      throw new MissingWeightsError(
        `A part of the model "${model.name}" is missing from the browser's storage. Drop its file on the page again.`,
      );
    }
    return value;
  });
}

/**
 * Deletes weights that belong to no model and no import: what an earlier version left after a crash, or a record that is gone.
 * Nothing is deleted while an import is under way in any tab, or while a record of a later version may know them by another
 * name. Resolves with whether it was done.
 */
export async function deleteUnclaimed(): Promise<boolean> {
  const done = await ifFree(IMPORT_LOCK, () =>
    writing([], async () => {
      const records = await modelStore.entries();
      if (records.some(([key, value]) => parseModel(key, value) === 'later-version')) return false;
      await weightStore.delete(unclaimedAmong(await chunkKeys(), records, await intendedImports()));
      return true;
    }),
  );
  return done ?? false;
}

function unclaimedAmong(
  chunks: readonly StoreKey[],
  records: readonly (readonly [StoreKey, unknown])[],
  intended: ReadonlySet<string>,
): readonly StoreKey[] {
  const named = new Set<StoreKey>(records.flatMap(([, value]) => chunksIn(value)));
  return chunks.filter((key) => !named.has(key) && !intended.has(importOf(String(key))));
}

async function sizeOf(chunks: readonly StoreKey[]): Promise<number> {
  const values = await weightStore.getMany(chunks);
  return values.reduce<number>((sum, value) => sum + (value instanceof Blob ? value.size : 0), 0);
}

/** Chunks that the record under `key` names and no other does. */
async function chunksOf(key: StoreKey): Promise<readonly string[]> {
  const records = await modelStore.entries();
  const others = new Set(records.filter(([other]) => other !== key).flatMap(([, value]) => chunksIn(value)));
  const own = records.find(([other]) => other === key);
  return chunksIn(own?.[1]).filter((chunk) => !others.has(chunk));
}

/**
 * Deletes the chunks that the record under `key` has now, once `replace` has replaced or deleted it: a crash in between leaves
 * chunks that an intent names, not a model without weights.
 */
async function retiringChunks(key: StoreKey, replace: () => Promise<void>): Promise<void> {
  const chunks = await chunksOf(key);
  const imports = typeof key === 'string' ? [...new Set(chunks.map(importOf))] : [];
  // On a full disk nothing can be written, and deleting must work all the same.
  for (const id of imports) await declare(id, String(key)).catch(() => undefined);
  await replace();
  await weightStore.delete(chunks);
  await dropIntents(imports);
}

async function change(sha256: string, apply: (model: StoredModel) => StoredModel): Promise<void> {
  const changed = await writing([sha256], () =>
    modelStore.change(sha256, (value) => {
      const model = parseModel(sha256, value);
      return typeof model === 'string' ? undefined : apply(model);
    }),
  );
  if (!changed) throw new Error('This model is no longer in the library.');
}

/** Does what writes the records of these models, and tells the other tabs. */
async function writing<T>(models: readonly string[], work: () => Promise<T>): Promise<T> {
  const result = await exclusively(MODELS_LOCK, work);
  modelChanges.announce(models);
  return result;
}
