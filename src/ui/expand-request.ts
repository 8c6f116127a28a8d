// Wildcards and variants in a request: every picture gets a prompt of its own, decided by its seed. Loaded when first used.
import { addToSeed, type Seed } from '../generation/request/seeds.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { stripComments } from '../prompt/comments.ts';
import { WildcardLists } from '../prompt/wildcard-lists.ts';
import { ExpansionBudget, expandWildcards } from '../prompt/wildcards.ts';
import { MersenneTwister } from '../sampling/random/mersenne-twister.ts';
import type { WildcardList } from './wildcard-lists.ts';

export interface ExpandedRequest {
  /** The request as it came where nothing is to be expanded; else one for each picture. */
  readonly requests: readonly GenerationParameters[];
  /** Wildcards without a list, variables without a value; they stay in the prompt. */
  readonly missing: readonly string[];
}

/** Milliseconds of work after which the page gets its turn. One prompt takes no longer than this by its own bounds. */
const TURN = 12;

/**
 * The same request with the same lists gives the same prompts, once its seed is not -1. `randomSeed` answers for -1. Picture i
 * has the seeds that it would have in a batch: seed + i, or subseed + i while varying. Rejects with PromptTooLongError and
 * WildcardError.
 */
export async function expandRequest(
  request: GenerationParameters,
  lists: readonly WildcardList[],
  randomSeed: () => Seed,
): Promise<ExpandedRequest> {
  const options = {
    lists: new WildcardLists(new Map(lists.map(({ name, text }) => [name, text]))),
    // Braces alone are the person's emphasis there.
    keepBraces: request.settings.curlyBraces,
    budget: new ExpansionBudget(),
  };
  const seed = request.seed === -1 ? randomSeed() : request.seed;
  const subseed = request.subseed === -1 ? randomSeed() : request.subseed;
  const varying = request.subseedStrength !== 0;
  const missing = new Set<string>();
  // What a remark holds is not asked for.
  const prompt = stripComments(request.prompt);
  const negativePrompt = stripComments(request.negativePrompt);

  const requests: GenerationParameters[] = [];
  let turn = performance.now();
  for (let i = 0; i < request.batchSize * request.batchCount; i++) {
    if (performance.now() - turn > TURN) {
      await new Promise((resolve) => setTimeout(resolve));
      turn = performance.now();
    }
    const random = randomOf(addToSeed(seed, i));
    const expand = (text: string): string => {
      const expanded = expandWildcards(text, { ...options, random });
      for (const name of expanded.missing) missing.add(name);
      return expanded.text;
    };
    const hires = request.hires;
    requests.push({
      ...request,
      prompt: expand(prompt),
      negativePrompt: expand(negativePrompt),
      hires: hires && {
        ...hires,
        prompt: expand(stripComments(hires.prompt)),
        negativePrompt: expand(stripComments(hires.negativePrompt)),
      },
      seed: varying ? seed : addToSeed(seed, i),
      subseed: varying ? addToSeed(subseed, i) : subseed,
      batchSize: 1,
      batchCount: 1,
    });
  }
  const same = requests.every(
    (picture) =>
      picture.prompt === prompt &&
      picture.negativePrompt === negativePrompt &&
      picture.hires?.prompt === request.hires?.prompt &&
      picture.hires?.negativePrompt === request.hires?.negativePrompt,
  );
  return { requests: same ? [request] : requests, missing: [...missing] };
}

/** Numbers in [0, 1). */
function randomOf(seed: Seed): () => number {
  const twister = new MersenneTwister(seed);
  return () => twister.nextUint32() / 2 ** 32;
}
