// Text files that become wildcard lists.
import { readTextFile, type UnreadText } from './read-text-file.ts';
import {
  addLists,
  isListName,
  listNameOf,
  MAX_LIST_LENGTH,
  MAX_LISTS,
  MAX_LISTS_LENGTH,
  type WildcardList,
} from './wildcard-lists.ts';
import { texts as t } from './strings/texts.ts';

/** `refused`: why, to a person. */
export async function readWildcardFiles(files: readonly File[]): Promise<{
  readonly lists: readonly WildcardList[];
  readonly waiting: readonly UnreadText[];
  readonly refused: readonly string[];
}> {
  const refused: string[] = [];
  const waiting: UnreadText[] = [];
  const lists: WildcardList[] = [];
  for (const file of files) {
    if (!isListName(listNameOf(file.name))) {
      refused.push(t.listName(file.name));
      continue;
    }
    try {
      const read = await readTextFile(file, MAX_LIST_LENGTH);
      if (read.kind === 'text') lists.push({ name: listNameOf(file.name), text: read.text });
      else if (read.kind === 'unread') waiting.push(read.file);
      else refused.push(read.problem);
    } catch {
      refused.push(t.listNotRead(file.name));
    }
  }
  return { lists, waiting, refused };
}

/** Adds what there is room for, all at once; tells what there was none for, to a person. */
export function addWildcardLists(
  settings: { wildcardLists: readonly WildcardList[] },
  lists: readonly WildcardList[],
): string[] {
  const { lists: all, leftOut } = addLists(settings.wildcardLists, lists);
  if (leftOut < lists.length) settings.wildcardLists = all;
  if (leftOut === 0) return [];
  return [t.roomForLists(MAX_LISTS, MAX_LISTS_LENGTH / 2 ** 20, leftOut)];
}
