// What is in the person's wildcard lists. Apart from the lists themselves, which the page reads before it shows anything.
import { isCollection, readCollection } from '../prompt/templates/collections.ts';
import { linesOf } from '../prompt/templates/lists.ts';
import type { WildcardList } from './wildcard-lists.ts';

/** Names that prompts call a list by: those of a collection are its keys'. */
export function namesOf(list: WildcardList): readonly string[] {
  return isCollection(list.name) ? collectionOf(list) : [list.name];
}

const collections = new WeakMap<WildcardList, readonly string[]>();

function collectionOf(list: WildcardList): readonly string[] {
  let names = collections.get(list);
  if (!names) {
    try {
      names = [...readCollection(list.name, list.text).keys()];
    } catch {
      // Who uses it is told.
      names = [];
    }
    collections.set(list, names);
  }
  return names;
}

const counts = new WeakMap<WildcardList, number>();

/** How many lines a list has to draw from. Counted once: a list may have two million characters. */
export function lineCountOf(list: WildcardList): number {
  const count = counts.get(list) ?? linesOf(list.text).length;
  counts.set(list, count);
  return count;
}
