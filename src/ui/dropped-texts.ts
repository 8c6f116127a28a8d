// Text files dropped on the page: styles.csv goes into the styles, .txt files into the wildcard lists.
import { MAX_STYLES_LENGTH } from '../prompt/styles.ts';
import { wordsOf } from './failure.ts';
import { readTextFile } from './read-text-file.ts';
import { addWildcardLists, readWildcardFiles } from './read-wildcard-files.ts';
import type { App } from './state/app.svelte.ts';
import { addStylesText } from './style-list.ts';

type TextHost = Pick<App, 'settings' | 'notices' | 'navigation' | 'tab'>;

/** As "Load styles.csv" of the Styles dialog; what is added can be looked at, or taken back. */
export async function addStyles(app: TextHost, file: File): Promise<void> {
  const { settings, notices } = app;
  const see = { label: 'See them', run: () => app.navigation.openOverlay('styles') };
  const title = `${file.name} could not be read as styles`;
  try {
    const read = await readTextFile(file, MAX_STYLES_LENGTH);
    if (read.kind === 'refused') notices.warn(title, read.problem);
    else if (read.kind === 'unread') {
      const message = 'It is in another encoding than UTF-8. Load it from Styles to say which.';
      notices.warn(title, message, [{ ...see, label: 'Open Styles' }]);
    } else {
      const before = settings.styles;
      const { styles, count, problem } = addStylesText(before, read.text);
      if (count === 0) {
        notices.warn(title, problem);
        return;
      }
      settings.styles = styles;
      const added = count === 1 ? '1 style added' : `${count} styles added`;
      const undo = { label: 'Undo', run: () => (settings.styles = before) };
      notices.inform(added, problem === '' ? `From ${file.name}.` : problem, [see, undo]);
    }
  } catch (error) {
    notices.warn(title, wordsOf(error, 'bad-file'));
  }
}

/** Only where wildcards are used: else a text file says nothing. */
export async function addWildcards(app: TextHost, files: readonly File[]): Promise<void> {
  const { settings, notices } = app;
  const open = { label: 'Open Settings', run: () => (app.tab = 'settings') };
  if (!settings.wildcards) {
    const message =
      'Text files are lists of wildcards. To use them, switch wildcards on in Settings, and drop them again.';
    notices.inform('Wildcards are off', message, [open]);
    return;
  }
  const before = settings.wildcardLists;
  const { lists, waiting, refused } = await readWildcardFiles(files);
  const problems = [...refused, ...addWildcardLists(settings, lists)];
  if (waiting.length > 0) {
    const names = waiting.map(({ name }) => name).slice(0, 5);
    problems.push(`${names.join(', ')}: not in UTF-8. Add it in Settings to say how it is encoded.`);
  }
  if (settings.wildcardLists !== before) {
    const added = lists.length === 1 ? '1 wildcard list added' : `${lists.length} wildcard lists added`;
    const undo = { label: 'Undo', run: () => (settings.wildcardLists = before) };
    notices.inform(added, 'A list in the place of one of the same name has replaced it.', [open, undo]);
  }
  if (problems.length > 0) notices.warn('Not every list was added', problems.slice(0, 5).join(' '), [open]);
}
