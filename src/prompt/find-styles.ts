// Which styles a prompt holds: A1111 1.10.1, modules/styles.py extract_styles_from_prompt. There every style is tried against
// the whole prompt again after each one found; here styles are looked up by how they end, for a list may hold ten thousand.
import { extractStyle, type PromptPair, type PromptStyle } from './styles.ts';
import { strip } from './python-text.ts';

/** Characters from the end of a text by which styles are looked up. */
const KEY_LENGTH = 64;
/** Comparisons that are made at most, whatever the list and the prompts say; then styles stay in the prompt. */
const MAX_COMPARISONS = 200_000;
const PLACE = '{prompt}';

interface Entry {
  readonly style: PromptStyle;
  /** Place in the list: of several that fit, the first one counts. */
  readonly order: number;
}

/** Values by the end of a text, and the lengths that these ends have. */
class Ends<T> {
  private readonly values = new Map<string, T>();
  private readonly lengths = new Set<number>();

  /** What is kept for texts that end as this one; made where there is nothing yet. */
  at(text: string, make: () => T): T {
    const end = text.slice(-KEY_LENGTH);
    let value = this.values.get(end);
    if (value === undefined) {
      value = make();
      this.values.set(end, value);
      this.lengths.add(end.length);
    }
    return value;
  }

  /** All that may be an end of the text. */
  *of(text: string): Generator<T> {
    for (const length of this.lengths) {
      const value = length > text.length ? undefined : this.values.get(text.slice(text.length - length));
      if (value !== undefined) yield value;
    }
  }
}

/** Styles by the ends of their texts: of the prompt's, then of the negative prompt's. */
class StyleIndex {
  private readonly ends = new Ends<Ends<Entry[]>>();
  private comparisons = 0;

  constructor(styles: readonly PromptStyle[]) {
    styles.forEach((style, order) => {
      if (style.prompt === '' && style.negativePrompt === '') return;
      this.ends
        .at(tailOf(style.prompt), () => new Ends())
        .at(tailOf(style.negativePrompt), () => [])
        .push({ style, order });
    });
  }

  /** Takes out the first style of the list that the prompts end with. Null when there is none. */
  take(pair: PromptPair): { readonly name: string; readonly rest: PromptPair } | null {
    let found: { readonly entry: Entry; readonly entries: Entry[]; readonly rest: PromptPair } | null = null;
    for (const byNegative of this.ends.of(strip(pair.prompt))) {
      for (const entries of byNegative.of(strip(pair.negativePrompt))) {
        for (const entry of entries) {
          if (found && entry.order > found.entry.order) break;
          if (++this.comparisons > MAX_COMPARISONS) return null;
          const rest = without(entry.style, pair);
          if (rest === null) continue;
          found = { entry, entries, rest };
          break;
        }
      }
    }
    if (!found) return null;
    found.entries.splice(found.entries.indexOf(found.entry), 1);
    return { name: found.entry.style.name, rest: found.rest };
  }
}

/** Finds the styles that are in a prompt and its negative prompt, in the order they were applied, and what is left without them. */
export function findStyles(
  styles: readonly PromptStyle[],
  pair: PromptPair,
): { readonly found: string[]; readonly rest: PromptPair } {
  const index = new StyleIndex(styles);
  const found: string[] = [];
  let rest = pair;
  for (let next = index.take(rest); next !== null; next = index.take(rest)) {
    found.push(next.name);
    rest = next.rest;
  }
  return { found: found.reverse(), rest };
}

function without(style: PromptStyle, pair: PromptPair): PromptPair | null {
  const prompt = extractStyle(style.prompt, pair.prompt);
  const negativePrompt = prompt === null ? null : extractStyle(style.negativePrompt, pair.negativePrompt);
  return prompt === null || negativePrompt === null ? null : { prompt, negativePrompt };
}

/** What a text ends with that holds the style: all of it, or what follows `{prompt}`. */
function tailOf(style: string): string {
  const text = strip(style);
  const place = text.indexOf(PLACE);
  return place < 0 ? text : text.slice(place + PLACE.length);
}
