// Trying before anything is written: a request is painted with the same seed at several positions of a merge's multiplier or of an
// add-on's weight. Nothing of it is kept.
import type { WeightMix } from '../../add-ons/weight-changes.ts';
import { getChunks, getModel } from '../../library/models.ts';
import { storedCheckpoint } from '../../library/stored-checkpoint.ts';
import type { StoredModel } from '../../library/types.ts';
import { MergeError, type MergeSettings } from '../../merging/types.ts';
import { weightMix, type KeptModel } from '../../merging/weight-mix.ts';
import { BadParametersError, ModelMissingError } from '../../runtime/errors.ts';
import { StoredWeights } from '../../runtime/weights.ts';
import type { GenerationParameters } from '../request/request.ts';

/** A merge of a model with others of the library, by their SHA-256; its `multiplier` is each trial's own. */
export interface TriedMerge {
  readonly b: string | null;
  readonly c: string | null;
  readonly vae: string | null;
  readonly settings: Pick<MergeSettings, 'method' | 'multiplier' | 'blocks'>;
}

export interface TrialOrder {
  /** The model: in a merge, A. */
  readonly sha256: string;
  /** Each trial is one picture of these, its seed settled. */
  readonly parameters: GenerationParameters;
  readonly trials: readonly Trial[];
}

/** A position. */
export interface Trial {
  readonly prompt: string;
  /** Null: the model by itself. */
  readonly merge: TriedMerge | null;
}

/** A picture of a trial. */
export function trialParameters({ parameters }: TrialOrder, { prompt }: Trial): GenerationParameters {
  return { ...parameters, prompt, batchSize: 1, batchCount: 1 };
}

/** Over the model. Rejects with BadParametersError where the models do not go together. */
export async function mixOf(a: StoredModel, { b, c, vae, settings }: TriedMerge): Promise<WeightMix> {
  const models = {
    a: { name: a.name, checkpoint: await storedCheckpoint(a) },
    ...{ b: await kept(b), c: await kept(c), vae: await kept(vae) },
  };
  try {
    return weightMix(models, settings);
  } catch (error) {
    throw error instanceof MergeError ? new BadParametersError(error.message) : error;
  }
}

async function kept(sha256: string | null): Promise<KeptModel | null> {
  if (sha256 === null) return null;
  const record = await getModel(sha256);
  if (!record)
    throw new ModelMissingError('A model that was chosen is no longer in the library. Choose another one.');
  const weights = new StoredWeights(record, await getChunks(record));
  return {
    ...{ name: record.name, sha256, checkpoint: await storedCheckpoint(record) },
    readNow: (name) => weights.readNow(name),
  };
}
