// The models of a merge, opened: files where they lie, and models of the library.
import { openCheckpoint } from '../checkpoint/open.ts';
import { readAhead } from '../checkpoint/read-ahead.ts';
import { blobSource } from '../checkpoint/source.ts';
import type { ByteSource } from '../checkpoint/types.ts';
import { fingerprintOf, knownFile, oldHashOf } from '../library/file-identity.ts';
import { hashFile } from '../library/hashing-source.ts';
import { readSidecar } from '../library/importer.ts';
import { getModel, listModels } from '../library/models.ts';
import { sidecarOf, storedCheckpoint } from '../library/stored-checkpoint.ts';
import type { StoredModel } from '../library/types.ts';
import type { Sidecar } from '../models/sidecar.ts';
import type { MergeInput } from './merge-types.ts';
import type { Parent } from './metadata.ts';
import { MergeError, type MergeModel } from './types.ts';

export interface OpenedModel extends MergeModel {
  readonly fileName: string;
  /** Bytes that have to be read to know its SHA-256; 0 where that is known. */
  readonly toHash: number;
  /** `onHashed` is told how many bytes have been hashed. */
  parent(onHashed: (bytes: number) => void): Promise<Parent>;
  /** Its configuration: what tensors cannot tell. */
  sidecar(): Promise<Sidecar | null>;
  readonly hasConfig: boolean;
  /** The configuration as a file; null where there is none. */
  readonly yaml: File | null;
}

/** Rejects with CheckpointError, MissingWeightsError or MergeError. */
export async function openModel(input: MergeInput): Promise<OpenedModel> {
  return input.kind === 'stored' ? openStored(input.sha256) : openFile(input.file, input.sidecar);
}

async function openStored(sha256: string): Promise<OpenedModel> {
  const model = await getModel(sha256);
  if (!model)
    throw new MergeError('A model that was chosen is no longer in the library. Choose another one.');
  const checkpoint = await storedCheckpoint(model);
  return {
    name: model.name,
    fileName: model.fileName,
    checkpoint,
    toHash: 0,
    parent: async () => parentOf(model),
    sidecar: async () => sidecarOf(model),
    hasConfig: true,
    yaml: null,
  };
}

const parentOf = (model: StoredModel): Parent => ({
  name: model.fileName,
  sha256: model.sha256,
  legacyHash: model.oldHash ?? null,
  metadata: new Map(),
});

async function openFile(file: File, sidecar: File | null): Promise<OpenedModel> {
  const source = blobSource(file);
  const ahead = readAhead(source);
  const checkpoint = await openCheckpoint(ahead);
  // Others may put a tensor together from several reads.
  if (checkpoint.format === 'safetensors') ahead.recycle();
  const known = await knownModel(file, source);
  return {
    name: file.name.replace(/\.[^.]*$/, '') || file.name,
    fileName: file.name,
    checkpoint,
    toHash: known ? 0 : file.size,
    async parent(onHashed) {
      const sha256 = known?.sha256 ?? (await hashFile(source, onHashed)).sha256;
      return { name: file.name, sha256, legacyHash: await oldHashOf(source), metadata: checkpoint.metadata };
    },
    sidecar: () => readSidecar(sidecar),
    hasConfig: sidecar !== null,
    yaml: sidecar,
  };
}

/** The model of the library that was imported from this very file. */
async function knownModel(file: File, source: ByteSource): Promise<StoredModel | null> {
  const models = await listModels();
  return knownFile(models, file, await fingerprintOf(source));
}
