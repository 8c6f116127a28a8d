// Finds anything on the page by a few words: places, controls, settings, models, styles, pictures, and what is not built
// yet.
import { find as t } from '../strings/find.ts';

export type FoundKind = keyof typeof t.kinds;

export interface Findable {
  readonly kind: FoundKind;
  readonly title: string;
  /** One line that says where it is, or what it is set to. */
  readonly line: string;
  /** Further words it is found by. */
  readonly words?: string;
  /** Goes there; missing for what only answers. */
  readonly run?: () => void;
}

/** More would not be read. */
export const MAX_FOUND = 40;
/** Of one kind, so that thousands of pictures do not crowd out a setting. */
const MAX_OF_KIND = 8;

/** What is found by its name alone. */
export function notBuilt(): Findable[] {
  return t.notYet.map((thing) => ({ kind: 'later', ...thing }));
}

/** Other words for things, by their titles. */
function synonymsByTitle(): ReadonlyMap<string, string> {
  const synonyms = new Map<string, string>();
  for (const { words, means } of t.synonyms) {
    synonyms.set(means, [synonyms.get(means), words].filter(Boolean).join(' '));
  }
  return synonyms;
}

/**
 * Everything in which each word of the search begins a word or, from three letters on, occurs; the best first: its title
 * is what was typed, begins with it, has words that do; then by other words that begin so, then by what they occur in.
 */
export function find(search: string, things: readonly Findable[]): Findable[] {
  const asked = folded(search);
  const words = asked.split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const synonyms = synonymsByTitle();
  const ranked: { readonly thing: Findable; readonly rank: number }[] = [];
  for (const thing of things) {
    const rank = rankOf(thing, synonyms.get(thing.title), asked, words);
    if (rank !== null) ranked.push({ thing, rank });
  }
  ranked.sort((a, b) => a.rank - b.rank);
  const counts = new Map<FoundKind, number>();
  const found: Findable[] = [];
  for (const { thing } of ranked) {
    const count = counts.get(thing.kind) ?? 0;
    if (count >= MAX_OF_KIND) continue;
    counts.set(thing.kind, count + 1);
    found.push(thing);
    if (found.length === MAX_FOUND) break;
  }
  return found;
}

function rankOf(
  thing: Findable,
  synonyms: string | undefined,
  asked: string,
  words: readonly string[],
): number | null {
  const title = folded(thing.title);
  const others = folded([thing.words, synonyms, thing.line].filter(Boolean).join(' '));
  if (!words.every((word) => occurs(word, title) || occurs(word, others))) return null;
  if (title === asked) return 0;
  if (title.startsWith(asked)) return 1;
  if (words.every((word) => begins(word, title))) return 2;
  if (words.every((word) => begins(word, title) || begins(word, others))) return 3;
  return words.every((word) => occurs(word, title)) ? 4 : 5;
}

function begins(word: string, text: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!)) return true;
  }
  return false;
}

function occurs(word: string, text: string): boolean {
  return word.length >= 3 ? text.includes(word) : begins(word, text);
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim();
}
