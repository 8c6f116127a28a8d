// Models in the library: listing, renaming, deleting, and the weights' chunks behind them.
//
// A model is valid once its record exists. Chunks are written before it under an import's own id, so whatever a crash
// leaves behind is recognised as chunks that no record names, and swept away by the next import.
import { del, delMany, get, getMany, keys, set, update, values } from 'idb-keyval';
import type { Prediction } from '../models/types.ts';
import { modelStore, weightStore } from './stores.ts';
import type { StoredModel } from './types.ts';

/** A part of a model's weights is not in the storage any more. */
export class MissingWeightsError extends Error {
  override readonly name = 'MissingWeightsError';
}

/** A record that is of no use any more. */
export interface DamagedModel {
  readonly key: string;
  /** Null where the record cannot be read at all. */
  readonly name: string | null;
}

/** What can be used, newest first, and what was damaged: by a crash of the browser, a full disk, another version. */
export async function inspectModels(): Promise<{
  readonly models: readonly StoredModel[];
  readonly damaged: readonly DamagedModel[];
}> {
  const listed = await listModels();
  const stored = new Set(await chunkKeys());
  const models = listed.filter((model) => isComplete(model, stored));
  const readable = new Map(listed.map((model) => [model.sha256, model.name]));
  const usable = new Set(models.map(({ sha256 }) => sha256));
  const keysOfAll = (await keys<IDBValidKey>(modelStore())).map(String);
  const damaged = keysOfAll
    .filter((key) => !usable.has(key))
    .map((key) => ({ key, name: readable.get(key) ?? null }));
  return { models, damaged };
}

/** Whether the weights behind a record are all there. */
export async function hasWeights(model: StoredModel): Promise<boolean> {
  return isComplete(model, new Set(await chunkKeys()));
}

function isComplete(model: StoredModel, stored: ReadonlySet<string>): boolean {
  return model.chunks.every(({ key }) => stored.has(key));
}

/** Newest first. Records that this version cannot read are passed over. */
export async function listModels(): Promise<StoredModel[]> {
  const models = (await values<unknown>(modelStore())).filter(isStoredModel);
  return models.sort((a, b) => b.importedAt - a.importedAt);
}

export async function getModel(sha256: string): Promise<StoredModel | undefined> {
  const record = await get<unknown>(sha256, modelStore());
  return isStoredModel(record) ? record : undefined;
}

/** Makes an import valid (or replaces the record of one that is). */
export async function putModel(model: StoredModel): Promise<void> {
  await set(model.sha256, model, modelStore());
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

/** The record goes first: a crash half-way leaves unnamed chunks, not a model without weights. */
export async function deleteModel(sha256: string): Promise<void> {
  const model = await getModel(sha256);
  await del(sha256, modelStore());
  if (model) await deleteChunks(model.chunks.map((chunk) => chunk.key));
}

/** Keys of all chunks that are there, named by a record or not. */
export async function chunkKeys(): Promise<string[]> {
  return keys<string>(weightStore());
}

export async function putChunk(key: string, data: Blob): Promise<void> {
  await set(key, data, weightStore());
}

export async function deleteChunks(chunks: readonly string[]): Promise<void> {
  await delMany([...chunks], weightStore());
}

/** The chunks of a model, as Blobs that are read only where they are sliced. Rejects when one is missing. */
export async function getChunks(model: Pick<StoredModel, 'chunks' | 'name'>): Promise<Blob[]> {
  const found = await getMany<unknown>(
    model.chunks.map((chunk) => chunk.key),
    weightStore(),
  );
  return found.map((value, index) => {
    if (!(value instanceof Blob) || value.size !== model.chunks[index]?.byteLength) {
      throw new MissingWeightsError(
        `A part of the model "${model.name}" is missing from the browser's storage. Drop its file on the page again.`,
      );
    }
    return value;
  });
}

/** Deletes chunks that no record names: what a crash or a killed tab left. Only call while no import is under way. */
export async function sweepUnnamedChunks(): Promise<number> {
  const named = new Set<string>();
  for (const model of await listModels()) for (const chunk of model.chunks) named.add(chunk.key);
  const unnamed = (await chunkKeys()).filter((key) => !named.has(key));
  await deleteChunks(unnamed);
  return unnamed.length;
}

async function change(sha256: string, apply: (model: StoredModel) => StoredModel): Promise<void> {
  // `update` would store an `undefined` under a key that is gone.
  if (!(await getModel(sha256))) throw new Error('This model is no longer in the library.');
  await update<unknown>(sha256, (record) => (isStoredModel(record) ? apply(record) : record), modelStore());
}

function isStoredModel(value: unknown): value is StoredModel {
  if (typeof value !== 'object' || value === null) return false;
  const model = value as Partial<StoredModel>;
  return (
    typeof model.sha256 === 'string' &&
    typeof model.name === 'string' &&
    typeof model.fingerprint === 'string' &&
    typeof model.importedAt === 'number' &&
    typeof model.detection === 'object' &&
    Array.isArray(model.chunks) &&
    Array.isArray(model.tensors)
  );
}
