// txt2img: from parameters to latents, step by step, on any networks.
import { txt2img, type SamplingRun } from '../../sampling/sample.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import type { GenerationParameters } from '../request/request.ts';
import type { Cond, Conditions } from './conditioning.ts';
import type { UnitInRun } from './control-units.ts';
import { onePass, type Models, type RecipeRun } from './recipe.ts';
import { refinerOf } from './refiner.ts';
import { samplingRequest, type Batch, type Given } from './sampling-request.ts';

/** One batch of a job. `parameters` must be valid and its seeds resolved; its batch size and count are not looked at. */
export async function* paintTxt2Img(
  models: Models,
  parameters: GenerationParameters,
  batch: Batch,
  units: readonly UnitInRun[] = [],
): RecipeRun {
  const { networks, conditions } = models.current;
  const given = { units, ...refinerOf(models, parameters, 'first pass', parameters, batch, { units }) };
  return yield* onePass(
    sampleTxt2Img(networks, parameters, await conditions(parameters), batch, given),
    parameters,
  );
}

/** Its one pass. Yields after each step; returns the final latents [batch.size, c, height / 8, width / 8]. */
export async function* sampleTxt2Img(
  networks: SampledNetworks,
  parameters: GenerationParameters,
  conditions: Conditions,
  batch: Batch,
  given: Given = {},
): SamplingRun {
  return yield* txt2img<Cond>(await samplingRequest(networks, parameters, conditions, batch, given));
}
