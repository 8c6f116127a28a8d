// txt2img: from parameters to latents, step by step, on any networks.
import type { NoiseSource } from '../../sampling/random/types.ts';
import { txt2img, type SamplingRun } from '../../sampling/sample.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import type { GenerationParameters } from '../request/request.ts';
import type { Cond, Conditions } from './conditioning.ts';
import { samplingRequest, type Batch } from './sampling-request.ts';

/**
 * One batch of a job. Yields after each step; returns the final latents [batch.size, c, height / 8, width / 8].
 * `parameters` must be valid and its seeds resolved; its batch size and count are not looked at.
 */
export async function* sampleTxt2Img(
  networks: SampledNetworks,
  parameters: GenerationParameters,
  conditions: Conditions,
  batch: Batch,
  noise?: NoiseSource,
): SamplingRun {
  return yield* txt2img<Cond>(
    await samplingRequest(networks, parameters, conditions, batch, noise && { noise }),
  );
}
