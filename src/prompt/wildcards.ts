// Wildcards and variants, an option: __colour__ becomes a line of the list "colour", {a|b} one of its alternatives. The syntax
// is that of the webui extension Dynamic Prompts (adieyal/dynamicprompts, RandomPromptGenerator): {2::a|b} weighs, {2$$a|b|c}
// picks two, {1-2$$ and $$a|b|c} one or two joined by " and ", {2$$__colour__} two lines of a list, ${x=a} sets a variable
// that ${x} gives.
import { MAX_PROMPT_LENGTH, PromptTooLongError } from './length.ts';
import { WildcardError, type WildcardLists } from './wildcard-lists.ts';
import { alternativesOf, drawWeighted, readWeight, type Alternatives } from './wildcard-weights.ts';

export interface WildcardOptions {
  readonly lists: WildcardLists;
  /** Random numbers in [0, 1). */
  readonly random: () => number;
  /** Braces without a bar stay as they are: they mean something else. */
  readonly keepBraces?: boolean;
  /** Of the whole request; one of its own unless given. */
  readonly budget?: ExpansionBudget;
}

export interface ExpandedPrompt {
  readonly text: string;
  /** Wildcards without a list and variables without a value. They stay in the text. */
  readonly missing: readonly string[];
}

/** How deep lists may refer to lists, and variants hold variants. */
const MAX_DEPTH = 32;
/** Replacements that are made at most for one prompt. */
const MAX_REPLACEMENTS = 10_000;
/** Characters that are read for one prompt, those of list's lines included. */
const MAX_PROMPT_WORK = 1_000_000;
/** Characters that are read, and those that come out, for all prompts of a request. */
const MAX_REQUEST_WORK = 32_000_000;

/** Counts what all prompts of a request come to, so that a large batch cannot make without end what one prompt could not. */
export class ExpansionBudget {
  private left = MAX_REQUEST_WORK;

  /** @throws WildcardError when it is used up. */
  spend(characters: number): void {
    this.left -= characters;
    if (this.left < 0) {
      throw new WildcardError(
        'The prompts of these pictures come to too much text. Ask for fewer pictures at once, or use shorter lines in the lists.',
      );
    }
  }
}

/** Plain text, up to what may begin something. */
const PLAIN = /[^\\_{$]+/y;
/** A name may hold folders, wildcards of its own and variables: __animals/*__, __${kind}__, __house(colour=red)__. */
const WILDCARD =
  /__[~@!]?((?:[\p{L}\p{N}*?[]|\$\{[^{}]*\})(?:[\p{L}\p{N}*?[\]!./ -]|_(?!_)|\$\{[^{}]*\})*)(?:\(([^()]*)\))?__/uy;
const VARIABLE = /^\s*([\p{L}_][\p{L}\p{N}_-]*)\s*(?:(=!?|:)([^]*))?$/u;

/** A pair of braces: its end, and the bars between them that are not in inner ones. */
interface Braces {
  readonly end: number;
  readonly bars: number[];
}
type Pairs = ReadonlyMap<number, Braces>;

/** The value of a variable: text still to be expanded whenever it is used, or done with. */
interface Value {
  readonly text: string;
  readonly done: boolean;
}

class Expander {
  readonly missing = new Set<string>();
  private variables: ReadonlyMap<string, Value> = new Map();
  private replacements = 0;
  private work = 0;
  private readonly budget: ExpansionBudget;

  constructor(private readonly options: WildcardOptions) {
    this.budget = options.budget ?? new ExpansionBudget();
  }

  expand(text: string, depth: number): string {
    this.work += text.length;
    this.budget.spend(text.length);
    if (this.work > MAX_PROMPT_WORK) throw new PromptTooLongError('what its wildcards stand for');
    if (depth > MAX_DEPTH) {
      throw new WildcardError(
        'The wildcards of this prompt have no end: a list leads back to itself, or variants are nested too deep.',
      );
    }
    const braces = findBraces(text);
    const parts: string[] = [];
    let length = 0;
    for (let i = 0; i < text.length;) {
      const [part, next] = this.readPart(text, i, braces, depth);
      length += part.length;
      // Counted before anything is joined: a line of a megabyte may be asked for hundreds of times.
      if (length > MAX_PROMPT_LENGTH) throw new PromptTooLongError('what its wildcards stand for');
      parts.push(part);
      i = next;
    }
    return parts.join('');
  }

  /** What stands at `i`, expanded, and where the text goes on. */
  private readPart(text: string, i: number, braces: Pairs, depth: number): [string, number] {
    const character = text[i]!;
    if (character === '\\') return [text.slice(i, i + 2), i + 2];
    if (character === '_') {
      WILDCARD.lastIndex = i;
      const match = WILDCARD.exec(text);
      if (match) return [this.fromList(match[0], match[1]!, match[2], depth), i + match[0].length];
    }
    if (character === '$') {
      const pair = text[i + 1] === '{' ? braces.get(i + 1) : undefined;
      if (pair) return [this.fromVariable(text.slice(i + 2, pair.end), depth), pair.end + 1];
    }
    if (character === '{') {
      const pair = braces.get(i);
      if (pair && !this.isKept(text.slice(i + 1, pair.end), pair)) {
        const edges = [i, ...pair.bars, pair.end];
        const options = edges.slice(1).map((edge, k) => text.slice(edges[k]! + 1, edge));
        return [this.fromVariants(options, depth), pair.end + 1];
      }
    }
    PLAIN.lastIndex = i;
    const plain = PLAIN.exec(text)?.[0] ?? character;
    return [plain, i + plain.length];
  }

  private isKept(inner: string, { bars }: Braces): boolean {
    return this.options.keepBraces === true && bars.length === 0 && readCount(inner).count === null;
  }

  private fromList(whole: string, pattern: string, given: string | undefined, depth: number): string {
    this.countReplacement();
    const name = pattern.replace(/\$\{([^{}]*)\}/g, (_, inner: string) =>
      this.fromVariable(inner, depth + 1),
    );
    const lines = this.options.lists.find(name.trim());
    if (lines.options.length === 0) {
      this.missing.add(whole);
      return whole;
    }
    const before = this.variables;
    // __house(colour=red)__ sets its variables for its own lines only.
    for (const part of given?.split(',') ?? []) this.fromVariable(part, depth + 1);
    const expanded = this.expand(lines.options[this.draw(lines)]!.text, depth + 1);
    this.variables = before;
    return expanded;
  }

  private fromVariants(options: readonly string[], depth: number): string {
    this.countReplacement();
    const { count, separator, first } = readCount(options[0]!);
    const weighted = [first, ...options.slice(1)].map(readWeight);
    const several = count === null ? null : this.linesFor(weighted);
    if (weighted.length === 1 && several === null) return this.expand(weighted[0]!.text, depth + 1);
    const variants = (several ?? alternativesOf(weighted)).options;
    const [low, high] = count ?? [1, 1];
    const wanted = Math.min(low + this.index(Math.min(high, variants.length) - low + 1), variants.length);
    const left = [...variants];
    const chosen: string[] = [];
    let length = 0;
    while (chosen.length < wanted) {
      const [variant] = left.splice(this.draw(alternativesOf(left)), 1);
      this.budget.spend(left.length);
      const text = this.expand(variant!.text, depth + 1);
      length += text.length + separator.length;
      if (length > MAX_PROMPT_LENGTH + separator.length)
        throw new PromptTooLongError('what its wildcards stand for');
      chosen.push(text);
    }
    return chosen.join(separator);
  }

  /** Where one wildcard is all there is to choose from, its lines are. Null elsewhere. */
  private linesFor(weighted: readonly { readonly text: string }[]): Alternatives | null {
    const text = weighted[0]!.text.trim();
    WILDCARD.lastIndex = 0;
    const match = weighted.length === 1 ? WILDCARD.exec(text) : null;
    if (match?.[0] !== text) return null;
    const lines = this.options.lists.find(match[1]!.trim());
    return lines.options.length === 0 ? null : lines;
  }

  private draw(alternatives: Alternatives): number {
    if (!alternatives.uniform) this.budget.spend(alternatives.options.length);
    return drawWeighted(alternatives, this.options.random);
  }

  /** `x=a`, `x=!a` (drawn once), `x`, `x:a` (a where x has no value). */
  private fromVariable(inner: string, depth: number): string {
    const match = VARIABLE.exec(inner);
    const [, name, sign, rest = ''] = match ?? [];
    if (name === undefined) return `\${${inner}}`;
    this.countReplacement();
    if (sign === '=' || sign === '=!') {
      const done = sign === '=!';
      const value = { text: done ? this.expand(rest, depth + 1) : rest, done };
      this.variables = new Map(this.variables).set(name, value);
      return '';
    }
    const value = this.variables.get(name) ?? (sign === ':' ? { text: rest, done: false } : undefined);
    if (value === undefined) {
      this.missing.add(`\${${name}}`);
      return `\${${inner}}`;
    }
    return value.done ? value.text : this.expand(value.text, depth + 1);
  }

  private countReplacement(): void {
    if (++this.replacements > MAX_REPLACEMENTS) {
      throw new WildcardError(
        `This prompt needs more than ${MAX_REPLACEMENTS} replacements. Does a list lead back to itself?`,
      );
    }
  }

  /** A number in [0, count). Draws only where there is a choice. */
  private index(count: number): number {
    if (count <= 1) return 0;
    return Math.min(Math.floor(this.options.random() * count), count - 1);
  }
}

/** The pairs of braces, by the place of the opening one. */
function findBraces(text: string): Map<number, Braces> {
  const pairs = new Map<number, Braces>();
  const open: { readonly start: number; readonly bars: number[] }[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === '{') open.push({ start: i, bars: [] });
    else if (character === '|') open.at(-1)?.bars.push(i);
    else if (character === '}') {
      const pair = open.pop();
      if (pair !== undefined) pairs.set(pair.start, { end: i, bars: pair.bars });
    }
  }
  return pairs;
}

interface Count {
  /** How many, from and to; null where the braces do not say. */
  readonly count: readonly [number, number] | null;
  readonly separator: string;
  /** The first alternative, without the count. */
  readonly first: string;
}

/** `2$$a`, `1-2$$ and $$a`, `-2$$a`, `2-$$a`: how many, joined by what. */
function readCount(option: string): Count {
  // How Dynamic Prompts is to draw (~ @ !): here always at random.
  const marked = option.replace(/^[~@!]/, '');
  const match = /^\s*(?:(\d{1,4})?-(\d{1,4})?|(\d{1,4}))\$\$/.exec(marked);
  if (match === null) return { count: null, separator: ',', first: marked };
  const [whole, from, to, exact] = match;
  const low = Number(exact ?? from ?? 1);
  const high = Number(exact ?? to ?? Infinity);
  const rest = marked.slice(whole.length);
  const end = rest.indexOf('$$');
  return {
    count: [Math.min(low, high), Math.max(low, high)],
    separator: end < 0 ? ',' : rest.slice(0, end),
    first: end < 0 ? rest : rest.slice(end + 2),
  };
}

/**
 * Replaces wildcards, variants and variables, inner and outer ones. The work and the result are bounded, whatever the lists
 * say. @throws PromptTooLongError, WildcardError
 */
export function expandWildcards(text: string, options: WildcardOptions): ExpandedPrompt {
  const expander = new Expander(options);
  const expanded = expander.expand(text, 0);
  options.budget?.spend(expanded.length);
  return { text: expanded, missing: [...expander.missing] };
}
