// Files that become wildcard lists: a text is one, a collection in YAML or JSON holds many.
import { wordsOf } from './failure.ts';
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

/** What turns YAML into the JSON that is kept, off the page. */
export interface CollectionHost {
  openAddOns(): Promise<{
    readonly help: { collectionOfYaml(name: string, yaml: string): Promise<string> };
  }>;
}

const USED = /\.(?:txt|yaml|json)$/i;
const YAML = /\.yaml$/i;

/** Where a file lies below the folder that was chosen: "animals/cats.txt". */
function pathOf(file: File): string {
  return file.webkitRelativePath.replace(/^[^/]*\//, '') || file.name;
}

/** Rejects where a collection cannot be read. */
export async function wildcardListOf(
  host: CollectionHost,
  path: string,
  text: string,
): Promise<WildcardList> {
  const kept = YAML.test(path) ? await (await host.openAddOns()).help.collectionOfYaml(path, text) : text;
  return { name: listNameOf(path), text: kept };
}

/** Files of a folder that are no lists are left aside. `refused`: why, to a person. */
export async function readWildcardFiles(
  host: CollectionHost,
  files: readonly File[],
): Promise<{
  readonly lists: readonly WildcardList[];
  readonly waiting: readonly UnreadText[];
  readonly refused: readonly string[];
}> {
  const refused: string[] = [];
  const waiting: UnreadText[] = [];
  const lists: WildcardList[] = [];
  for (const file of files) {
    const path = pathOf(file);
    if (path !== file.name && !USED.test(path)) continue;
    if (!isListName(listNameOf(path))) {
      refused.push(t.listName(path));
      continue;
    }
    try {
      const read = await readTextFile(file, MAX_LIST_LENGTH);
      if (read.kind === 'text') lists.push(await wildcardListOf(host, path, read.text));
      else if (read.kind === 'unread') waiting.push({ ...read.file, name: path });
      else refused.push(read.problem);
    } catch (error) {
      refused.push(t.listNotRead(path, wordsOf(error, 'bad-file')));
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
