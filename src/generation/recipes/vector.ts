// The vector that SDXL's UNets read beside the text: the pooled prompt, and sizes that the model was trained to be told (Podell et
// al. 2023, section 2.2). What they are told is A1111's (modules/sd_models_xl.py get_learned_conditioning): the picture's size
// for the size of the original and for that of the target, crop and aesthetic scores out of the settings.
import type { Family, VectorPart } from '../../families/family.ts';
import { timestepEmbedding } from '../../models/timestep.ts';
import type { GenerationParameters } from '../request/request.ts';

/** Numbers that each part takes (sgm's ConcatTimestepEmbedderND). */
export const VECTOR_PART = 256;

/** [pooled, parts x 256]; null for families without a vector. `negative`: of the negative prompt, whose aesthetic score is another. */
export function vectorOf(
  { unet }: Family,
  pooled: Float32Array,
  { width, height, settings }: Pick<GenerationParameters, 'width' | 'height' | 'settings'>,
  negative: boolean,
): Float32Array | null {
  if (unet.vector === null) return null;
  const values: Readonly<Record<VectorPart, number>> = {
    height,
    width,
    'crop top': settings.sdxlCropTop,
    'crop left': settings.sdxlCropLeft,
    'target height': height,
    'target width': width,
    'aesthetic score': negative ? settings.sdxlLowAestheticScore : settings.sdxlHighAestheticScore,
  };
  const parts = timestepEmbedding(
    unet.vector.map((part) => values[part]),
    VECTOR_PART,
  );
  const vector = new Float32Array(pooled.length + parts.length);
  vector.set(pooled);
  vector.set(parts, pooled.length);
  return vector;
}
