// Small questions about stored models.
import { familyOf } from '../families/families.ts';
import type { StoredModel } from '../library/types.ts';
import type { Detection } from '../models/types.ts';
import { models as t } from './strings/models.ts';

/** Whether the person may need to say what the UNet predicts: such checkpoints come in both kinds and do not always tell. */
export function mayPredictV(model: Pick<StoredModel, 'detection'>): boolean {
  const { kind, prediction } = model.detection;
  return prediction !== null && (familyOf(kind)?.mayPredictV ?? false);
}

/** "Automatic (v)" where it is known, "Automatic (found out when loaded)" where it is not. */
export function predictionLabel(prediction: Detection['prediction']): string {
  return prediction === null ? t.predictionAutomatic : t.predictionAutomaticAs(prediction.value);
}

/** Digits of A1111's model hash. */
export const HASH_DIGITS = 10;

/** Of the one before 2023, which is that of a part of the file only. */
export const OLD_HASH_DIGITS = 8;

/**
 * The models whose files a text's hash names: the first digits of the SHA-256, or A1111's old model hash (models imported before it was
 * kept have none). More than one may have the old one; the one of the text's name comes first, as far as that is known.
 */
export function findByHash<T extends Pick<StoredModel, 'sha256' | 'oldHash' | 'name'>>(
  models: readonly T[],
  hash: string | null,
  name: string | null = null,
): readonly T[] {
  const wanted = hash?.trim().toLowerCase() ?? '';
  if (!/^[0-9a-f]+$/.test(wanted)) return [];
  const found = models.filter(({ sha256, oldHash }) =>
    wanted.length === OLD_HASH_DIGITS
      ? oldHash === wanted
      : wanted.length >= HASH_DIGITS && sha256.startsWith(wanted),
  );
  const named = (model: T) => Number(model.name === name);
  return found.sort((a, b) => named(b) - named(a));
}

/** "dreamy and sharp have": what to say when a hash fits several models. */
export function hashFitsSeveral(models: readonly Pick<StoredModel, 'name'>[]): string {
  return t.sameHash(models.map(({ name }) => name));
}
