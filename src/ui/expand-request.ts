// Dynamic prompts in a request: every picture gets a prompt of its own, as the webui extension gives it one
// (sd_dynamic_prompts/dynamic_prompting.py). Loaded when first used.
import { addToSeed, type Seed } from '../generation/request/seeds.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { MAX_REQUESTS } from '../library/queue.ts';
import { stripComments } from '../prompt/comments.ts';
import { ExpansionBudget } from '../prompt/templates/budget.ts';
import { TemplateError, WildcardError } from '../prompt/templates/errors.ts';
import { Prompts, type TemplateOptions } from '../prompt/templates/expand.ts';
import { WildcardLists, type ListOptions } from '../prompt/templates/lists.ts';
import type { Method } from '../prompt/templates/nodes.ts';
import type { DynamicPrompts } from './dynamic-prompts.ts';
import { texts as t } from './strings/texts.ts';
import type { WildcardList } from './wildcard-lists.ts';

export interface ExpandedRequest {
  /** The request as it came where nothing is to be expanded; else one for each picture. */
  readonly requests: readonly GenerationParameters[];
  /** Wildcards without a list; they stay in the prompt. */
  readonly missing: readonly string[];
  /** Why prompts were left as they are, to a person. */
  readonly problems: readonly string[];
}

/** What prompts are made out with. */
export interface Expansion {
  readonly lists: readonly WildcardList[];
  readonly options: DynamicPrompts;
  /** Answers for a seed of -1, and where the seed does not decide the prompt. */
  readonly randomSeed: () => Seed;
  /** No more pictures than these are asked about. */
  readonly most?: number;
}

/** Milliseconds of work after which the page gets its turn. One prompt takes no longer than this by its own bounds. */
const TURN = 12;

/**
 * The same request with the same lists gives the same prompts, once its seed is not -1 and decides them. Picture i has the seeds
 * that it would have in a batch: seed + i, or subseed + i while varying. Rejects with PromptTooLongError and WildcardError.
 */
export async function expandRequest(
  request: GenerationParameters,
  expansion: Expansion,
): Promise<ExpandedRequest> {
  const { options, randomSeed } = expansion;
  const seed = request.seed === -1 ? randomSeed() : request.seed;
  const subseed = request.subseed === -1 ? randomSeed() : request.subseed;
  const varying = request.subseedStrength !== 0;
  const maker = new PromptMaker(expansion, request.settings.curlyBraces, varying);
  // What a remark holds is not asked for.
  const prompt = stripComments(request.prompt);
  const negativePrompt = stripComments(request.negativePrompt);
  const seedOf = (i: number) => (options.fixedSeed || varying ? seed : addToSeed(seed, i));

  let pairs: readonly (readonly [prompt: string, negative: string])[];
  if (options.combinatorial) {
    pairs = await maker.combinations(prompt, negativePrompt);
  } else {
    const wanted = Math.min(request.batchSize * request.batchCount, expansion.most ?? Infinity);
    const seeds = Array.from({ length: wanted }, (_, i) => seedOf(i));
    const [prompts, negatives] = [await maker.drawn(prompt, seeds), await maker.drawn(negativePrompt, seeds)];
    pairs = prompts.map((drawn, i) => [drawn, negatives[i]!] as const);
  }
  const rounds = options.combinatorial ? options.combinatorialBatches : 1;
  const seeds = pairs.map((_, i) =>
    options.combinatorial && options.fixedSeed && !varying
      ? addToSeed(seed, Math.floor((i * rounds) / pairs.length))
      : seedOf(i),
  );
  // Their own, where Hires. fix has any; drawn, for all of them are as many as the first pass has.
  const hires = request.hires && {
    prompt: await maker.drawn(stripComments(request.hires.prompt), seeds),
    negativePrompt: await maker.drawn(stripComments(request.hires.negativePrompt), seeds),
  };
  const template = options.saveTemplate ? { prompt, negativePrompt } : null;
  const requests = pairs.map(([picture, negative], i): GenerationParameters => ({
    ...request,
    prompt: picture,
    negativePrompt: negative,
    template,
    hires: request.hires && {
      ...request.hires,
      prompt: hires!.prompt[i]!,
      negativePrompt: hires!.negativePrompt[i]!,
    },
    seed: seeds[i]!,
    subseed: varying && !options.fixedSeed ? addToSeed(subseed, i) : subseed,
    batchSize: 1,
    batchCount: 1,
  }));
  const same = requests.every(
    (picture) =>
      picture.prompt === prompt &&
      picture.negativePrompt === negativePrompt &&
      picture.hires?.prompt === request.hires?.prompt &&
      picture.hires?.negativePrompt === request.hires?.negativePrompt,
  );
  const unchanged = options.saveTemplate ? { ...request, template } : request;
  return {
    requests: same && !maker.several ? [unchanged] : requests,
    missing: [...maker.missing],
    problems: [...maker.problems],
  };
}

/** The last ones that were read: a list of prompts to come asks for them with every letter that is typed. */
let read: {
  readonly from: readonly WildcardList[];
  readonly how: string;
  readonly lists: WildcardLists;
} | null = null;

function listsOf(from: readonly WildcardList[], options: ListOptions): WildcardLists {
  const { keepDuplicates, keepOrder } = options;
  const how = `${keepDuplicates} ${keepOrder}`;
  if (read?.from !== from || read.how !== how) {
    const texts = new Map(from.map(({ name, text }) => [name, text]));
    read = { from, how, lists: new WildcardLists(texts, options) };
  }
  return read.lists;
}

class PromptMaker {
  readonly missing = new Set<string>();
  readonly problems = new Set<string>();
  /** There are more combinations than one. */
  several = false;
  private readonly template: TemplateOptions;
  private turn = performance.now();

  constructor(
    private readonly expansion: Expansion,
    keepBraces: boolean,
    /** All pictures have one prompt: that of the first seed. */
    private readonly frozen: boolean,
  ) {
    const { lists, options } = expansion;
    this.template = {
      lists: listsOf(lists, options),
      // Braces alone are the person's emphasis there.
      syntax: { ...options, keepBraces },
      ignoreWhitespace: options.ignoreWhitespace,
      budget: new ExpansionBudget(),
    };
  }

  /** One for each seed. */
  async drawn(template: string, seeds: readonly Seed[]): Promise<readonly string[]> {
    if (template === '') return seeds.map(() => '');
    const { unlinkSeed } = this.expansion.options;
    const all = await this.make(template, 'random', this.frozen ? 1 : seeds.length, (prompts, i) => {
      if (!unlinkSeed) prompts.seed(seeds[i]!);
      else if (i === 0) prompts.seed(this.expansion.randomSeed());
    });
    return seeds.map((_, i) => (all ? all[this.frozen ? 0 : i]! : template));
  }

  /** With each prompt each negative one; where there is a bound, the negative ones go round. */
  async combinations(prompt: string, negativePrompt: string): Promise<(readonly [string, string])[]> {
    const { options, most } = this.expansion;
    const { maxGenerations: max, combinatorialBatches: rounds } = options;
    const bound = Math.min(max === 0 ? Infinity : max, most ?? Infinity, MAX_REQUESTS + 1);
    const of = async (template: string) => {
      if (template === '') return [''];
      const found = (await this.make(template, 'combinatorial', bound)) ?? [template];
      if (found.length === 0) throw new WildcardError(t.noCombination);
      this.several ||= found.length > 1;
      return found;
    };
    const once = await of(prompt);
    const prompts = Array.from({ length: rounds }, () => once).flat();
    const negatives = await of(negativePrompt);
    const count = max === 0 ? prompts.length * negatives.length : prompts.length;
    if (count > MAX_REQUESTS && most === undefined)
      throw new WildcardError(t.tooManyCombinations(MAX_REQUESTS));
    const pairs = Array.from({ length: Math.min(count, most ?? Infinity) }, (_, i) =>
      max === 0
        ? ([prompts[Math.floor(i / negatives.length)]!, negatives[i % negatives.length]!] as const)
        : ([prompts[i]!, negatives[i % negatives.length]!] as const),
    );
    return pairs;
  }

  /** Null where the text is no template. */
  private async make(
    template: string,
    method: Method,
    most: number,
    before?: (prompts: Prompts, i: number) => void,
  ): Promise<string[] | null> {
    const made: string[] = [];
    try {
      const prompts = new Prompts(template, method, this.template);
      for (let i = 0; i < most; i++) {
        await this.giveTurn();
        before?.(prompts, i);
        const prompt = prompts.next();
        if (prompt === null) break;
        this.template.budget!.spend(prompt.length);
        made.push(prompt);
      }
      for (const name of prompts.missing) this.missing.add(name);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.problems.add(error.message);
      return null;
    }
    return made;
  }

  private async giveTurn(): Promise<void> {
    if (performance.now() - this.turn <= TURN) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.turn = performance.now();
  }
}
