// Windows over the page: keys, styles, prompt history.
import { number } from '../locale.ts';
import { code, type Phrase } from '../phrase.ts';

export const dialogs = {
  // Keys.
  keys: 'Keys',
  keysHelp: 'Press a key’s button, then the keys that it should be. On a Mac, Cmd counts as Ctrl.',
  contexts: {
    anywhere: 'Anywhere',
    prompt: 'In a prompt',
    gallery: 'In the Gallery',
    viewer: 'Looking at a picture',
  },
  commands: {
    generate: 'Generate; while generating, start over',
    queue: 'Add to the queue',
    interrupt: 'Interrupt, keeping what is there',
    skip: 'Skip to the next batch',
    find: 'Find anything',
    keys: 'Show the keys',
    heavier: 'More weight for the word or the selection',
    lighter: 'Less weight',
    earlier: 'Move what stands between two commas forward',
    later: 'Move it back',
    'select-all': 'Select all pictures',
    'undo-delete': 'Bring back what was deleted',
    previous: 'Previous picture',
    next: 'Next picture',
    save: 'Download the picture',
    favourite: 'Mark as a favourite',
    delete: 'Delete the picture',
    zoom: 'Enlarge, or fit again',
    'actual-size': 'Show pixels one to one',
    fit: 'Fit to the window',
  },
  keyTaken: (chord: string, command: string) => `${chord} already means: ${command}.`,
  resetKey: (command: string, chord: string) => `Reset ${command} to ${chord}`,
  resetKeyHint: (chord: string) => `Reset to ${chord}`,
  changeKey: (command: string, chord: string) => `${command}: ${chord}. Change`,
  pressKeys: 'Press keys',

  // Prompt history.
  history: 'Prompt history',
  noHistory:
    'Prompts appear here once you generate with them, or when something takes their place. The last 100 are kept.',
  searchPrompts: 'Search prompts',
  without: (negativePrompt: string) => `Without: ${negativePrompt}`,
  noPrompts: 'No prompts found.',
  clearHistory: 'Clear history',

  // Styles.
  styles: 'Styles',
  newStyle: 'New style',
  editStyle: 'Edit style',
  stylesHelp: [
    'A ticked style is added to the prompts when you generate: at ',
    code('{prompt}'),
    ' in its text, else after a comma.',
  ] as Phrase,
  searchStyles: 'Search styles',
  noStyles: 'No styles found.',
  moreStyles: (count: number) => `${number(count)} more: search for them.`,
  apply: 'Apply to the prompt',
  savePrompt: 'Save prompt as style',
  loadCsv: 'Load styles.csv',
  saveCsv: 'Save styles.csv',
  styleName: 'Name',
  styleTaken: 'The style of this name will be replaced.',
  stylePrompt: 'Text for the prompt',
  styleNegative: 'Text for the negative prompt',
  saveStyle: 'Save style',
};
