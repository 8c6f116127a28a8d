// What is said in many places, and what the components say that all parts of the page are made of.
import { number, plural } from '../locale.ts';
import { bold, type Phrase } from '../phrase.ts';

export const common = {
  darkroom: 'Darkroom',
  cancel: 'Cancel',
  clear: 'Clear',
  close: 'Close',
  closeEsc: 'Close (Esc)',
  controls: 'Controls',
  copyDetails: 'Copy details',
  delete: 'Delete',
  deleteNamed: (name: string) => `Delete ${name}`,
  dismiss: 'Dismiss',
  edit: 'Edit',
  editNamed: (name: string) => `Edit ${name}`,
  noPrompt: 'No prompt',
  openSettings: 'Open Settings',
  save: 'Save',
  settings: 'Settings',
  stop: 'Stop',
  tryAgain: 'Try again',
  undo: 'Undo',
  /** Pictures that are counted. */
  pictures: (count: number) =>
    plural(count, { one: `${number(count)} picture`, other: `${number(count)} pictures` }),

  // Guard: an error in a part of the page.
  notShown: (what: string): Phrase => [
    bold('This could not be shown.'),
    ` ${what}. Everything else goes on working.`,
  ],
  aPicture: 'A picture',
  thePicture: 'The picture',
  dialogButtons: (title: string) => `The buttons of ${title}`,

  // CopyButton.
  copied: 'Copied',
  notCopied: 'Not allowed to copy',

  // DropOverlay.
  dropPicture: 'Drop the picture to see how it was made',
  dropOnPrompt: 'On the prompt: to put its text there',
  dropCheckpoint: 'Drop the checkpoint anywhere',
  dropKinds: '.safetensors, .ckpt, .pt, .pth, and its .yaml; a folder of them; styles.csv',

  // EncodingOffer.
  notUtf8: (name: string, likely: string): Phrase => [
    bold(name),
    ` is not UTF-8 text. It looks like ${likely}. Nothing has been read yet.`,
  ],
  encodingOf: (name: string) => `Encoding of ${name}`,
  readWithEncoding: 'Read with this encoding',
  skipFile: 'Skip this file',

  // FilePicker.
  checkpointFiles: 'Checkpoint files',

  // Fields.
  numbersOnly: 'Numbers only',
  atMost: (max: number) => `${max} at most`,
  atLeast: (min: number) => `${min} at least`,
  wholeNumbersOnly: 'Whole numbers only',
  multiplesOnly: (step: number) => `Multiples of ${step} only`,
  seedRange: (min: string, max: string) => `From ${min} to ${max}`,
  seedNumbersOnly: 'Whole numbers only; -1 is random',
  charactersAtMost: (count: number) => `${number(count)} characters at most: the rest was left out`,

  // PromptField.
  counting: 'Counting',
  tokens: (used: number, chunks: number) =>
    `${number(used)} tokens in ${plural(chunks, { one: 'one chunk', other: `${number(chunks)} chunks` })} of 75; ` +
    'longer prompts take further chunks',
  tokensOf: (label: string) => `${label} tokens:`,
  tooLongWithStyles: 'Too long with its styles',

  // Section.
  differs: 'Differs from the default',
  changed: 'changed,',

  // Framed.
  framed:
    'Another page shows Darkroom inside of itself. So that it cannot reach your models and pictures, they are not opened here.',
  openInWindow: 'Open Darkroom in a window of its own',

  // main.ts, where nothing else could be loaded.
  notLoaded: 'Darkroom could not be shown. Load this page again.',
};
