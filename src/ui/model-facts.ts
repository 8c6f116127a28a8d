// Small questions about stored models.
import type { StoredModel } from '../library/types.ts';
import type { Detection } from '../models/types.ts';

/** Whether the person may need to say what the UNet predicts: 2.x checkpoints come in both kinds and do not tell. */
export function mayPredictV(model: Pick<StoredModel, 'detection'>): boolean {
  const { kind, prediction } = model.detection;
  return prediction !== null && kind.startsWith('sd2');
}

/** " (v)" where it is known, " (tried out when loaded)" where it is not. */
export function predictionLabel(prediction: Detection['prediction']): string {
  if (prediction === null) return '';
  return prediction.value === null ? ' (found out when loaded)' : ` (${prediction.value})`;
}

/** Digits of A1111's model hash. */
export const HASH_DIGITS = 10;

/** The model whose file has this hash (the first digits of its SHA-256), or null. Old hashes of 8 digits say nothing of the file. */
export function findByHash<T extends Pick<StoredModel, 'sha256'>>(
  models: readonly T[],
  hash: string | null,
): T | null {
  const wanted = hash?.trim().toLowerCase() ?? '';
  if (wanted.length < HASH_DIGITS || !/^[0-9a-f]+$/.test(wanted)) return null;
  return models.find(({ sha256 }) => sha256.startsWith(wanted)) ?? null;
}
