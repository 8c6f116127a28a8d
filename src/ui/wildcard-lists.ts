// The person's wildcard lists: `__colour__` stands for a line of the list "colour".
export interface WildcardList {
  /** What stands between the underscores; of a collection, which holds many lists, a name that ends in .json. */
  readonly name: string;
  /** One alternative a line; what follows # is a remark. A collection is JSON. */
  readonly text: string;
}

export const MAX_LISTS = 1000;
/** UTF-16 units of one list, and of all. */
export const MAX_LIST_LENGTH = 2 * 2 ** 20;
export const MAX_LISTS_LENGTH = 32 * 2 ** 20;

/** What prompts take for a name (src/prompt/templates/parse.ts). */
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}./ -]|_(?!_))*$/u;

export function isListName(name: string): boolean {
  return name.length <= 200 && NAME.test(name) && !name.endsWith('_');
}

/** Name of the list that a file holds: the file's without its extension. A collection is kept as JSON, and named so. */
export function listNameOf(fileName: string): string {
  const collection = /\.(?:yaml|json)$/i.test(fileName);
  return `${fileName.replace(/\.[^.]*$/, '').trim()}${collection ? '.json' : ''}`;
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
