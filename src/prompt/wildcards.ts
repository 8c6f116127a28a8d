// Wildcards and variants, an option: __colour__ becomes a line of the list "colour", {a|b} one of its alternatives. The syntax
// is that of the webui extension Dynamic Prompts: {2::a|b} weighs, {2$$a|b|c} picks two, {1-2$$ and $$a|b|c} one or two joined by " and ".

export interface WildcardOptions {
  /** Lines of a list by name; null when there is no such list. */
  readonly list: (name: string) => readonly string[] | null;
  /** Random numbers in [0, 1). */
  readonly random: () => number;
}

export interface ExpandedPrompt {
  readonly text: string;
  /** Wildcards without a list. They stay in the text. */
  readonly missing: readonly string[];
}

/** How deep lists may refer to lists, and variants hold variants. */
const MAX_DEPTH = 32;
/** Replacements that are made at most. */
const MAX_REPLACEMENTS = 10_000;
/** Characters that are read at most, those of lists included: lists that double themselves end here. */
const MAX_WORK = 4_000_000;
/** Characters of the result. */
const MAX_LENGTH = 1_000_000;

const WILDCARD = /__([\p{L}\p{N}](?:[\p{L}\p{N}./ -]|_(?!_))*)__/uy;

/** A pair of braces: its end, and the bars between them that are not in inner ones. */
interface Braces {
  readonly end: number;
  readonly bars: number[];
}

class Expander {
  readonly missing = new Set<string>();
  private readonly lists = new Map<string, readonly string[]>();
  private replacements = 0;
  private work = 0;

  constructor(private readonly options: WildcardOptions) {}

  expand(text: string, depth: number): string {
    this.work += text.length;
    if (depth > MAX_DEPTH || this.work > MAX_WORK) return text;
    const braces = findBraces(text);
    const parts: string[] = [];
    for (let i = 0; i < text.length;) {
      const [part, next] = this.readPart(text, i, braces, depth);
      parts.push(part);
      i = next;
    }
    return parts.join('').slice(0, MAX_LENGTH);
  }

  /** What stands at `i`, expanded, and where the text goes on. */
  private readPart(
    text: string,
    i: number,
    braces: ReadonlyMap<number, Braces>,
    depth: number,
  ): [string, number] {
    const character = text[i]!;
    if (character === '\\') return [text.slice(i, i + 2), i + 2];
    if (this.replacements >= MAX_REPLACEMENTS) return [character, i + 1];
    if (character === '_') {
      WILDCARD.lastIndex = i;
      const name = WILDCARD.exec(text)?.[1];
      if (name !== undefined) return [this.fromList(name, depth), i + name.length + 4];
    }
    const pair = character === '{' ? braces.get(i) : undefined;
    // Braces without alternatives are text: {prompt}, {{word}}.
    if (pair === undefined || pair.bars.length === 0) return [character, i + 1];
    const edges = [i, ...pair.bars, pair.end];
    const options = edges.slice(1).map((edge, k) => text.slice(edges[k]! + 1, edge));
    return [this.fromVariants(options, depth), pair.end + 1];
  }

  private fromList(name: string, depth: number): string {
    let lines = this.lists.get(name);
    if (lines === undefined) {
      lines = this.options.list(name)?.filter((line) => line.trim() !== '' && !line.startsWith('#')) ?? [];
      this.lists.set(name, lines);
    }
    if (lines.length === 0) {
      this.missing.add(name);
      return `__${name}__`;
    }
    this.replacements++;
    return this.expand(lines[this.index(lines.length)]!, depth + 1);
  }

  private fromVariants(options: readonly string[], depth: number): string {
    this.replacements++;
    const { count, separator, first } = readCount(options[0]!);
    const variants = [first, ...options.slice(1)].map(readWeight);
    const wanted = Math.min(count[0] + this.index(count[1] - count[0] + 1), variants.length);
    const chosen: string[] = [];
    while (chosen.length < wanted) {
      const [variant] = variants.splice(this.weighted(variants), 1);
      chosen.push(this.expand(variant!.text, depth + 1));
    }
    return chosen.join(separator);
  }

  /** A number in [0, count). Draws only where there is a choice. */
  private index(count: number): number {
    if (count === 1) return 0;
    return Math.min(Math.floor(this.options.random() * count), count - 1);
  }

  private weighted(variants: readonly { readonly weight: number }[]): number {
    const total = variants.reduce((sum, { weight }) => sum + weight, 0);
    if (!(total > 0)) return this.index(variants.length);
    let left = this.options.random() * total;
    const found = variants.findIndex(({ weight }) => (left -= weight) < 0);
    return found < 0 ? variants.length - 1 : found;
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

/** `2$$a`, `1-2$$ and $$a`: how many, joined by what. */
function readCount(option: string): { count: readonly [number, number]; separator: string; first: string } {
  const match = /^\s*(\d{1,2})(?:-(\d{1,2}))?\$\$/.exec(option);
  if (match === null) return { count: [1, 1], separator: ', ', first: option };
  const low = Number(match[1]);
  const high = Number(match[2] ?? match[1]);
  const rest = option.slice(match[0].length);
  const end = rest.indexOf('$$');
  return {
    count: [Math.min(low, high), Math.max(low, high)],
    separator: end < 0 ? ', ' : rest.slice(0, end),
    first: end < 0 ? rest : rest.slice(end + 2),
  };
}

/** `0.5::a`: an alternative and how often it is wanted, compared with the 1 of others. */
function readWeight(option: string): { readonly text: string; readonly weight: number } {
  const match = /^\s*(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})::/.exec(option);
  return match === null
    ? { text: option, weight: 1 }
    : { text: option.slice(match[0].length), weight: Number(match[1]) };
}

/** Replaces wildcards and variants, inner and outer ones. The work and the result are bounded, whatever the lists say. */
export function expandWildcards(text: string, options: WildcardOptions): ExpandedPrompt {
  const expander = new Expander(options);
  const expanded = expander.expand(text, 0);
  return { text: expanded, missing: [...expander.missing] };
}
