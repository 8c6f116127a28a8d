// The person's wildcard lists: `__colour__` stands for a line of the list "colour".
import { linesOf } from '../prompt/wildcard-lists.ts';

export interface WildcardList {
  /** What stands between the underscores. */
  readonly name: string;
  /** One alternative a line; what follows # is a remark. */
  readonly text: string;
}

export const MAX_LISTS = 1000;
/** UTF-16 units of one list, and of all. */
export const MAX_LIST_LENGTH = 2 * 2 ** 20;
export const MAX_LISTS_LENGTH = 32 * 2 ** 20;

/** What `src/prompt/wildcards.ts` takes for a name. */
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}./ -]|_(?!_))*$/u;

export function isListName(name: string): boolean {
  return name.length <= 200 && NAME.test(name) && !name.endsWith('_');
}

/** Name of the list that a text file holds: the file's, without its extension. */
export function listNameOf(fileName: string): string {
  return fileName.replace(/\.[^.]*$/, '').trim();
}

/** Puts lists in, or in the place of those of their names; sorted by name. */
export function putLists(
  lists: readonly WildcardList[],
  put: readonly WildcardList[],
): readonly WildcardList[] {
  const byName = new Map([...lists, ...put].map((list) => [list.name, list]));
  const order = new Intl.Collator();
  return [...byName.values()].sort((a, b) => order.compare(a.name, b.name));
}

/** Puts in those of the lists that there is room for. */
export function addLists(
  lists: readonly WildcardList[],
  added: readonly WildcardList[],
): { readonly lists: readonly WildcardList[]; readonly leftOut: number } {
  const names = new Set(lists.map(({ name }) => name));
  let length = lists.reduce((sum, { text }) => sum + text.length, 0);
  const fitting = added.filter(({ name, text }) => {
    if ((!names.has(name) && names.size >= MAX_LISTS) || length + text.length > MAX_LISTS_LENGTH)
      return false;
    names.add(name);
    length += text.length;
    return true;
  });
  return { lists: putLists(lists, fitting), leftOut: added.length - fitting.length };
}

const counts = new WeakMap<WildcardList, number>();

/** How many lines a list has to draw from. Counted once: a list may have two million characters. */
export function lineCountOf(list: WildcardList): number {
  const count = counts.get(list) ?? linesOf(list.text).length;
  counts.set(list, count);
  return count;
}
