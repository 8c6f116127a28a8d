// The prompts that the next run would make, the first of them. Loaded with the section that lists them.
import type { Seed } from '../generation/request/seeds.ts';
import { expandRequest, type ExpandedRequest } from './expand-request.ts';
import { requestOf } from './request.ts';
import type { Settings } from './state/settings.svelte.ts';

/** Prompts that are listed. */
export const MOST_LISTED = 8;

export interface PromptsToCome extends ExpandedRequest {
  /** There are others after them. */
  readonly more: boolean;
}

/** `seed`: for what is drawn at random. Rejects as `expandRequest` does. */
export async function promptsToCome(settings: Settings, seed: Seed): Promise<PromptsToCome> {
  const {
    styles,
    chosenStyles,
    extraNetworks,
    wildcardLists: lists,
    dynamicPrompts: options,
  } = settings.prompts;
  const { extraSeed } = settings.run;
  const request = requestOf(settings.snapshot(), { styles, chosenStyles, extraNetworks, extraSeed });
  const asked = { lists, options, randomSeed: () => seed, most: MOST_LISTED + 1 };
  const expanded = await expandRequest(request, asked);
  const { requests } = expanded;
  return { ...expanded, requests: requests.slice(0, MOST_LISTED), more: requests.length > MOST_LISTED };
}
