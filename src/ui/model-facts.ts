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
