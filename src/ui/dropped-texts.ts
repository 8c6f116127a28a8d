// Text files dropped on the page: styles.csv goes into the styles, tags.csv to the tags, .txt files into the wildcard lists.
import { MAX_STYLES_LENGTH } from '../prompt/styles.ts';
import { wordsOf } from './failure.ts';
import { isTagFile, keepTags, type TagHost } from './prompt-help/keep-tags.ts';
import { readTextFile } from './read-text-file.ts';
import { addWildcardLists, readWildcardFiles } from './read-wildcard-files.ts';
import type { Navigation } from './navigation/navigation.svelte.ts';
import type { TabId } from './navigation/places.ts';
import { addStylesText } from './style-list.ts';
import { common } from './strings/common.ts';
import { texts as t } from './strings/texts.ts';

/** What of the app is used: the tab is the one shown. */
export interface TextHost extends TagHost {
  readonly navigation: Navigation;
  tab: TabId;
}

/** A table of tags goes to the tags, another one to the styles, as "Load styles.csv" of the Styles dialog does; what is added can be looked at, or taken back. */
export async function addStyles(app: TextHost, file: File): Promise<void> {
  if (await isTagFile(file)) return keepTags(app, file);
  const { settings, notices } = app;
  const see = { label: t.seeThem, run: () => app.navigation.openOverlay('styles') };
  const title = t.notStyles(file.name);
  try {
    const read = await readTextFile(file, MAX_STYLES_LENGTH);
    if (read.kind === 'refused') notices.warn(title, read.problem);
    else if (read.kind === 'unread') {
      notices.warn(title, t.stylesEncoding, [{ ...see, label: t.openStyles }]);
    } else {
      const before = settings.prompts.styles;
      const { styles, count, problem } = addStylesText(before, read.text);
      if (count === 0) {
        notices.warn(title, problem);
        return;
      }
      settings.prompts.styles = styles;
      const undo = { label: common.undo, run: () => (settings.prompts.styles = before) };
      notices.inform(t.stylesAdded(count), problem === '' ? t.from(file.name) : problem, [see, undo]);
    }
  } catch (error) {
    notices.warn(title, wordsOf(error, 'bad-file'));
  }
}

/** Only where wildcards are used: else a text file says nothing. */
export async function addWildcards(app: TextHost, files: readonly File[]): Promise<void> {
  const { settings, notices } = app;
  const open = { label: common.openSettings, run: () => (app.tab = 'settings') };
  if (!settings.prompts.wildcards) {
    notices.inform(t.wildcardsOff, t.wildcardsOffWhy, [open]);
    return;
  }
  const before = settings.prompts.wildcardLists;
  const { lists, waiting, refused } = await readWildcardFiles(app, files);
  const problems = [...refused, ...addWildcardLists(settings.prompts, lists)];
  if (waiting.length > 0) {
    const names = waiting.map(({ name }) => name).slice(0, 5);
    problems.push(t.listsEncoding(names.join(', ')));
  }
  if (settings.prompts.wildcardLists !== before) {
    const undo = { label: common.undo, run: () => (settings.prompts.wildcardLists = before) };
    notices.inform(t.listsAdded(lists.length), t.listReplaces, [open, undo]);
  }
  if (problems.length > 0) notices.warn(t.notEveryList, problems.slice(0, 5).join(' '), [open]);
}
