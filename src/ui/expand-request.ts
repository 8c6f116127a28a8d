// Wildcards and variants in a request: every picture gets a prompt of its own, decided by its seed. Loaded when first used.
import type { GenerationParameters } from '../generation/types.ts';
import { expandWildcards } from '../prompt/wildcards.ts';
import { MersenneTwister } from '../sampling/random/mersenne-twister.ts';
import { linesOf, type WildcardList } from './wildcard-lists.ts';

export interface ExpandedRequest {
  /** The request as it came where nothing is to be expanded; else one for each picture. */
  readonly requests: readonly GenerationParameters[];
  /** Wildcards without a list; they stay in the prompt. */
  readonly missing: readonly string[];
}

/**
 * The same request with the same lists gives the same prompts, once its seed is not -1. `randomSeed` answers for -1. Picture i
 * has the seeds that it would have in a batch: seed + i, or subseed + i while varying.
 */
export function expandRequest(
  request: GenerationParameters,
  lists: readonly WildcardList[],
  randomSeed: () => number,
): ExpandedRequest {
  const lines = new Map(lists.map((list) => [list.name, linesOf(list)]));
  const seed = request.seed === -1 ? randomSeed() : request.seed;
  const subseed = request.subseed === -1 ? randomSeed() : request.subseed;
  const varying = request.subseedStrength !== 0;
  const missing = new Set<string>();

  const requests = Array.from({ length: request.batchSize * request.batchCount }, (_, i) => {
    const random = randomOf(seed + i);
    const expand = (text: string): string => {
      const expanded = expandWildcards(text, { list: (name) => lines.get(name) ?? null, random });
      for (const name of expanded.missing) missing.add(name);
      return expanded.text;
    };
    return {
      ...request,
      prompt: expand(request.prompt),
      negativePrompt: expand(request.negativePrompt),
      seed: varying ? seed : seed + i,
      subseed: varying ? subseed + i : subseed,
      batchSize: 1,
      batchCount: 1,
    };
  });
  const same = requests.every(
    ({ prompt, negativePrompt }) => prompt === request.prompt && negativePrompt === request.negativePrompt,
  );
  return { requests: same ? [request] : requests, missing: [...missing] };
}

/** Numbers in [0, 1). */
function randomOf(seed: number): () => number {
  const twister = new MersenneTwister(seed);
  return () => twister.nextUint32() / 2 ** 32;
}
