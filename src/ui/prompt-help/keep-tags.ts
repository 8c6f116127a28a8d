// The person's list of tags: read from a file, kept, taken away again.
import { isTagList, MAX_TAGS_LENGTH } from '../../prompt/tag-index.ts';
import { wordsOf } from '../failure.ts';
import { readTextFile } from '../read-text-file.ts';
import type { AddOnLibrary } from '../state/add-on-library.svelte.ts';
import type { Notices } from '../state/notices.svelte.ts';
import type { Settings } from '../state/settings.svelte.ts';
import { addons as t } from '../strings/addons.ts';

export interface TagHost {
  readonly settings: Settings;
  readonly notices: Notices;
  openAddOns(): Promise<AddOnLibrary>;
}

/** Bytes that tell a list of tags from styles. */
const HEAD = 4096;

export async function isTagFile(file: File): Promise<boolean> {
  return isTagList(await file.slice(0, HEAD).text());
}

/** In the place of the list that was there. What is wrong is told. */
export async function keepTags(host: TagHost, file: File): Promise<void> {
  const { settings, notices } = host;
  try {
    const read = await readTextFile(file, MAX_TAGS_LENGTH);
    if (read.kind === 'refused') return notices.warn(t.notTags(file.name), read.problem);
    if (read.kind === 'unread' || !isTagList(read.text)) {
      return notices.warn(t.notTags(file.name), t.notTagsWhat);
    }
    const { help } = await host.openAddOns();
    settings.prompts.tags = await help.keepTags(read.text);
    notices.inform(t.tagsAdded(settings.prompts.tags), t.tagsAddedWhat);
  } catch (error) {
    notices.warn(t.tagsNotKept, wordsOf(error, 'storage-full'));
  }
}

export async function removeTags(host: TagHost): Promise<void> {
  await (await host.openAddOns()).help.keepTags('');
  host.settings.prompts.tags = 0;
}
