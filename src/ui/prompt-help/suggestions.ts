// What completes a word in a prompt: add-ons after "<", wildcards after "__", and by their first letters embeddings, styles and tags.
import type { StoredModel } from '../../library/types.ts';
import { wordsOfTag, type Completing } from '../../prompt/completion.ts';
import { beginsWord, type Tag } from '../../prompt/tag-index.ts';
import { isAddOn } from '../add-on-words.ts';

export interface Suggestion {
  readonly kind: 'lora' | 'hypernetwork' | 'embedding' | 'style' | 'wildcard' | 'tag';
  readonly name: string;
  /** What else is told of it: the alias that fits, how often it is used. */
  readonly note: string;
  /** What goes into the prompt; a style is chosen instead. */
  readonly words: string;
  /** Parted from what follows by a comma. */
  readonly listed: boolean;
}

/** Shown at once. */
export const MAX_SUGGESTIONS = 12;
/** Embeddings and styles before the tags of a word. */
const MAX_OWN = 4;

/** How tagcomplete lets one ask for one kind: `<l:`, `<lora:`, `<h:`, `<e:`. */
const KINDS: Readonly<Record<string, StoredModel['detection']['kind']>> = {
  l: 'lora',
  lora: 'lora',
  lyco: 'lora',
  h: 'hypernetwork',
  hypernet: 'hypernetwork',
  e: 'embedding',
  embedding: 'embedding',
};

/** `callOf`: what goes into the prompt for an add-on. */
export function networksFor(
  typed: string,
  models: readonly StoredModel[],
  callOf: (model: StoredModel) => string,
): readonly Suggestion[] {
  const [, prefix, rest] = /^([a-z]+):(.*)$/i.exec(typed) ?? [];
  const kind = prefix === undefined ? undefined : KINDS[prefix.toLowerCase()];
  // A tag that goes on after its name is no name that is being typed.
  if (prefix !== undefined && (kind === undefined || rest!.includes(':'))) return [];
  const wanted = (kind ? rest! : typed).toLowerCase();
  const found = models.filter(
    (model) =>
      isAddOn(model) &&
      model.detection.supported &&
      (kind === undefined || model.detection.kind === kind) &&
      model.name.toLowerCase().includes(wanted),
  );
  const starts = (model: StoredModel): number => (model.name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return found
    .sort((a, b) => starts(a) - starts(b) || a.name.localeCompare(b.name))
    .slice(0, MAX_SUGGESTIONS)
    .map((model) => ({
      kind: model.detection.kind as 'lora' | 'hypernetwork' | 'embedding',
      name: model.name,
      note: '',
      words: callOf(model),
      listed: model.detection.kind === 'embedding',
    }));
}

export function wildcardsFor(typed: string, names: readonly string[]): readonly Suggestion[] {
  const wanted = typed.toLowerCase();
  return names
    .filter((name) => name.toLowerCase().includes(wanted))
    .slice(0, MAX_SUGGESTIONS)
    .map((name) => ({ kind: 'wildcard', name, note: '', words: `__${name}__`, listed: false }));
}

/** Embeddings and styles that a word begins. */
export function ownFor(
  { typed }: Completing,
  embeddings: readonly string[],
  styles: readonly string[],
): readonly Suggestion[] {
  const wanted = typed.toLowerCase();
  const begins = (name: string): boolean =>
    beginsWord(name, wanted) || beginsWord(name, wanted.replaceAll('_', ' '));
  const named = (kind: 'embedding' | 'style', names: readonly string[]): readonly Suggestion[] =>
    names.filter(begins).map((name) => ({
      ...{ kind, name, note: '' },
      words: kind === 'style' ? '' : name,
      listed: kind !== 'style',
    }));
  return [...named('embedding', embeddings), ...named('style', styles)].slice(0, MAX_OWN);
}

/** `aliasNote` tells of the alias that fits, `countNote` of a number. */
export function tagsFor(
  tags: readonly Tag[],
  aliasNote: (alias: string) => string,
  countNote: (count: number) => string,
): readonly Suggestion[] {
  return tags.map(({ name, alias, count }) => ({
    kind: 'tag',
    name: name.replaceAll('_', ' '),
    note: [alias === null ? '' : aliasNote(alias), count === '' ? '' : countNote(Number(count))]
      .filter(Boolean)
      .join(', '),
    words: wordsOfTag(name),
    listed: true,
  }));
}

/** The longest of several words in a row that anything completes; `tagged`: which of them has tags, or -1. */
export function chosenWord<T>(own: readonly (readonly T[])[], tagged: number): number {
  const owned = own.findIndex(({ length }) => length > 0);
  if (owned < 0 || tagged < 0) return Math.max(owned, tagged);
  return Math.min(owned, tagged);
}
