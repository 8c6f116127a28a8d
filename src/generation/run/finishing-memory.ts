// How much of the GPU's memory is taken by networks that are loaded for single pictures: upscalers, networks for faces, CLIP.
import type { StoredModel } from '../../library/types.ts';
import type { SizedRequest } from '../request/request.ts';
import { facesNeed } from './face-memory.ts';
import type { Computing, Need } from './run-memory.ts';
import { upscalersNeed } from './upscaler-memory.ts';
import { visionNeed } from './vision-memory.ts';
import { knownUpscalerFiles } from './upscaling.ts';

/** Of what takes the most: each goes before the next one comes. */
export function finishingNeed(
  request: SizedRequest,
  models: readonly StoredModel[],
  computing: Computing,
): Need {
  const needs = [
    upscalersNeed(knownUpscalerFiles(request, models), request, computing),
    facesNeed(request, models, computing),
    visionNeed(request, models, computing),
  ];
  return needs.reduce((most, need) => (need.weights + need.peak > most.weights + most.peak ? need : most));
}
