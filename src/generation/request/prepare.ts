// What is left open in a request is settled before it runs.
import { stripComments } from '../../prompt/comments.ts';
import { resolveSampler } from '../../sampling/registry.ts';
import { resolveSeeds } from './seeds.ts';
import type { GenerationParameters } from './request.ts';

/** Combined names of old ("DPM++ 2M Karras") are taken apart, random seeds drawn, comments left out. The result is not checked. */
export function prepareRequest(asked: GenerationParameters): GenerationParameters {
  const { sampler, scheduler, known } = resolveSampler(asked.sampler, asked.scheduler, false);
  return resolveSeeds({
    ...asked,
    // An unknown name stays, to be refused by that name.
    ...(known && asked.sampler !== sampler ? { sampler, scheduler } : {}),
    prompt: stripComments(asked.prompt),
    negativePrompt: stripComments(asked.negativePrompt),
  });
}
