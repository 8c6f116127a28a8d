// The lists behind wildcards: `__colour__` stands for a line of the list "colour".

export interface WildcardList {
  /** What stands between the underscores. */
  readonly name: string;
  /** One alternative a line; lines that begin with # are remarks. */
  readonly text: string;
}

export const MAX_LISTS = 1000;
/** UTF-16 units of one list. */
export const MAX_LIST_LENGTH = 2 * 2 ** 20;

/** What `src/prompt/wildcards.ts` takes for a name. */
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}./ -]|_(?!_))*$/u;

export function isListName(name: string): boolean {
  return name.length <= 200 && NAME.test(name) && !name.endsWith('_');
}

/** Name of the list that a text file holds: the file's, without its extension. */
export function listNameOf(fileName: string): string {
  return fileName.replace(/\.[^.]*$/, '').trim();
}

export function linesOf(list: WildcardList): string[] {
  return list.text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** Puts a list in, or in the place of the one of its name; sorted by name. */
export function putList(lists: readonly WildcardList[], list: WildcardList): readonly WildcardList[] {
  const others = lists.filter(({ name }) => name !== list.name);
  return [...others, list].sort((a, b) => a.name.localeCompare(b.name));
}
