// What does the UNet predict? From the strongest evidence there is; only the engine's probe can settle what is left open.
import type { Sidecar } from './sidecar.ts';
import type { Family, KindInfo } from '../families/family.ts';
import type { Prediction } from '../sampling/types.ts';
import type { Detection, TensorShapes } from './types.ts';

/** `modelspec.prediction_type` (Stability-AI/ModelSpec), with spellings seen in the wild. */
const METADATA: Readonly<Record<string, Prediction>> = {
  epsilon: 'epsilon',
  eps: 'epsilon',
  v: 'v',
  v_prediction: 'v',
  'v-prediction': 'v',
  sample: 'sample',
};

/**
 * Prediction type of an image model: sidecar, then metadata, then marker tensors, then the family. Where its tensors cannot
 * tell either, the value stays null, from "probe".
 */
export function settlePrediction(
  family: Family,
  kind: KindInfo,
  tensors: TensorShapes,
  metadata: ReadonlyMap<string, string>,
  sidecar: Sidecar | null,
): NonNullable<Detection['prediction']> {
  if (sidecar?.prediction) return { value: sidecar.prediction, from: 'sidecar' };
  const said = lookUp(METADATA, metadata.get('modelspec.prediction_type'));
  if (said) return { value: said, from: 'metadata' };
  const architecture = lookUp(family.architectures, metadata.get('modelspec.architecture'));
  // Relatives of a kind that tells keep to what they are.
  if (architecture && kind.prediction === null) return { value: architecture, from: 'metadata' };
  // An empty tensor of this name marks v-prediction fine-tunes of SD 1 and SDXL (ComfyUI and reForge read it too).
  if (tensors.has('v_pred')) return { value: 'v', from: 'shapes' };
  return { value: kind.prediction, from: kind.prediction === null ? 'probe' : 'family' };
}

function lookUp(table: Readonly<Record<string, Prediction>>, value: string | undefined): Prediction | null {
  const key = value?.trim().toLowerCase();
  return key !== undefined && Object.hasOwn(table, key) ? table[key]! : null;
}
