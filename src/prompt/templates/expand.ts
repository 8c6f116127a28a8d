// Dynamic prompts: a template as prompts. __colour__ becomes a text of the list "colour", {a|b} one of its alternatives. The syntax
// and what comes of it are those of the webui extension Dynamic Prompts (adieyal/dynamicprompts, generators/): {2::a|b} weighs,
// {2$$a|b|c} takes two, {1-2$$ and $$a|b|c} one or two joined by " and ", {@a|b} takes them in turn, ${x=a} sets a variable.
import { PythonRandom } from '../../sampling/random/python-random.ts';
import { ExpansionBudget } from './budget.ts';
import { combinatorial } from './combinatorial.ts';
import { cyclical } from './cyclical.ts';
import type { WildcardLists } from './lists.ts';
import type { Method } from './nodes.ts';
import { DEFAULT_SYNTAX, type Syntax } from './parse.ts';
import { random } from './random.ts';
import { Scope, type Surroundings } from './scope.ts';

export interface TemplateOptions {
  readonly lists: WildcardLists;
  readonly syntax?: Syntax;
  readonly ignoreWhitespace?: boolean;
  /** Of the whole request; one of its own unless given. */
  readonly budget?: ExpansionBudget;
}

/** The prompts of one template: a stream that may have no end. */
export class Prompts {
  private readonly around: Surroundings;
  private readonly stream: Generator<string, void>;

  constructor(template: string, method: Method, options: TemplateOptions) {
    this.around = {
      streams: { random, combinatorial, cyclical },
      lists: options.lists,
      random: new PythonRandom(0),
      budget: options.budget ?? new ExpansionBudget(),
      syntax: options.syntax ?? DEFAULT_SYNTAX,
      ignoreWhitespace: options.ignoreWhitespace ?? false,
      missing: new Set(),
      parsed: new Map(),
    };
    // Without a text there is no prompt.
    const scope = Scope.of(this.around, method);
    this.stream = scope.sample(template);
  }

  /** Wildcards without a list. They stay in the text. */
  get missing(): readonly string[] {
    return [...this.around.missing];
  }

  /** What is drawn from now on goes by this seed. */
  seed(seed: number | bigint): void {
    this.around.random.seed(seed);
  }

  /** Null after the last one. @throws TemplateError, WildcardError, PromptTooLongError */
  next(): string | null {
    this.around.budget.nextPrompt();
    const next = this.stream.next();
    return next.done ? null : next.value;
  }
}
