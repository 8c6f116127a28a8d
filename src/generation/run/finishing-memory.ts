// How much of the GPU's memory is taken by what is done to decoded pictures: upscalers, networks for faces.
import type { StoredModel } from '../../library/types.ts';
import type { SizedRequest } from '../request/request.ts';
import { facesNeed } from './face-memory.ts';
import type { Computing, Need } from './run-memory.ts';
import { upscalersNeed } from './upscaler-memory.ts';
import { knownUpscalerFiles } from './upscaling.ts';

/** Of what takes the most: an upscaler goes before faces are restored. */
export function finishingNeed(
  request: SizedRequest,
  models: readonly StoredModel[],
  computing: Computing,
): Need {
  const [upscaler, faces] = [
    upscalersNeed(knownUpscalerFiles(request, models), request, computing),
    facesNeed(request, models, computing),
  ];
  return faces.weights + faces.peak > upscaler.weights + upscaler.peak ? faces : upscaler;
}
