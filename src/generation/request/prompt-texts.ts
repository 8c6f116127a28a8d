// What of a prompt goes through the text encoder: extra networks taken out, AND taken apart, edits spread over the run.
import { parseExtraNetworks } from '../../prompt/extra-networks.ts';
import { splitAnd } from '../../prompt/multicond.ts';
import { schedulePrompt, type ScheduledPrompt } from '../../prompt/schedule.ts';
import { getSampler, totalSteps } from '../../sampling/registry.ts';
import type { GenerationParameters } from './request.ts';

/** One of the prompts that AND joins, over the run. */
export interface PromptPart {
  readonly weight: number;
  readonly schedule: readonly ScheduledPrompt[];
}

export interface PromptTexts {
  readonly positive: readonly PromptPart[];
  /** AND means nothing in a negative prompt. */
  readonly negative: readonly ScheduledPrompt[];
}

/**
 * Steps are evaluations of the network, two a step for second-order samplers. `firstPassSteps`: those of the first pass, where
 * `parameters` are of a second one. @throws RangeError for an unknown sampler.
 */
export function promptTexts(parameters: GenerationParameters, firstPassSteps?: number): PromptTexts {
  const { prompt, negativePrompt, sampler, steps, settings } = parameters;
  const evaluations = totalSteps(getSampler(sampler), steps);
  const { oldScheduling } = settings;
  const options =
    firstPassSteps === undefined
      ? { steps: evaluations, oldScheduling }
      : { steps: firstPassSteps, hiresSteps: evaluations, oldScheduling };
  return {
    positive: splitAnd(parseExtraNetworks(prompt).rest).map(({ text, weight }) => ({
      weight,
      schedule: schedulePrompt(text, options),
    })),
    negative: schedulePrompt(parseExtraNetworks(negativePrompt).rest, options),
  };
}

/** All schedules of a request, the negative prompt's last. */
export function schedulesOf({ positive, negative }: PromptTexts): (readonly ScheduledPrompt[])[] {
  return [...positive.map(({ schedule }) => schedule), negative];
}
