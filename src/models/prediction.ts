// What does the UNet predict? From the strongest evidence there is; only the engine's probe can settle what is left open.
import type { Sidecar } from './sidecar.ts';
import type { Detection, ModelKind, Prediction, TensorShapes } from './types.ts';

/** `modelspec.prediction_type` (Stability-AI/ModelSpec), with spellings seen in the wild. */
const METADATA: Readonly<Record<string, Prediction>> = {
  epsilon: 'epsilon',
  eps: 'epsilon',
  v: 'v',
  v_prediction: 'v',
  'v-prediction': 'v',
  sample: 'sample',
};

/** `modelspec.architecture` where it names one of the two kinds of SD 2. */
const ARCHITECTURES: Readonly<Record<string, Prediction>> = {
  'stable-diffusion-v2-512': 'epsilon',
  'stable-diffusion-v2-768-v': 'v',
};

/**
 * Prediction type of an image model: sidecar, then metadata, then marker tensors, then the family. SD 2.x base, 768-v and
 * SD-Turbo have the same tensors: their value stays null, from "probe".
 */
export function settlePrediction(
  kind: ModelKind,
  tensors: TensorShapes,
  metadata: ReadonlyMap<string, string>,
  sidecar: Sidecar | null,
): NonNullable<Detection['prediction']> {
  if (sidecar?.prediction) return { value: sidecar.prediction, from: 'sidecar' };
  const said = lookUp(METADATA, metadata.get('modelspec.prediction_type'));
  if (said) return { value: said, from: 'metadata' };
  const architecture = lookUp(ARCHITECTURES, metadata.get('modelspec.architecture'));
  if (architecture && kind === 'sd2') return { value: architecture, from: 'metadata' };
  // An empty tensor of this name marks v-prediction fine-tunes of SD 1 and SDXL (ComfyUI and reForge read it too).
  if (tensors.has('v_pred')) return { value: 'v', from: 'shapes' };
  return kind === 'sd2' ? { value: null, from: 'probe' } : { value: 'epsilon', from: 'family' };
}

function lookUp(table: Readonly<Record<string, Prediction>>, value: string | undefined): Prediction | null {
  const key = value?.trim().toLowerCase();
  return key !== undefined && Object.hasOwn(table, key) ? table[key]! : null;
}
