// Texts that are read: parameters, styles.csv, wildcard lists.
import { number, plural } from '../locale.ts';

export const texts = {
  // read-parameters.ts.
  thePrompt: 'The prompt',
  theNegativePrompt: 'The negative prompt',
  became: (label: string, before: string, after: string) => `${label} ${before} became ${after}`,
  wasCut: (label: string, before: number, after: number) =>
    `${label} of ${number(before)} characters was cut to ${number(after)}`,

  // Text files.
  tooLarge: (name: string, megabytes: number) => `${name} is too large: ${megabytes} MB at most are read.`,

  // Styles.
  notStyles: (name: string) => `${name} could not be read as styles`,
  stylesEncoding: 'It is in another encoding than UTF-8. Load it from Styles to say which.',
  openStyles: 'Open Styles',
  seeThem: 'See them',
  stylesAdded: (count: number) =>
    plural(count, { one: '1 style added', other: `${number(count)} styles added` }),
  from: (name: string) => `From ${name}.`,
  noStyles: 'There are no styles in this file.',
  roomForStyles: (room: number, leftOut: number) =>
    `There is room for ${number(room)} styles: ` +
    plural(leftOut, { one: 'one was left out.', other: `${number(leftOut)} were left out.` }),

  // Wildcards.
  noCombination: 'The template has no combination: its variants ask for more than there are different ones.',
  tooManyCombinations: (most: number) =>
    `The template has more than ${number(most)} combinations. Set “Max generations”, or use fewer variants.`,
  wildcardsOff: 'Wildcards are off',
  wildcardsOffWhy:
    'Text files are lists of wildcards. To use them, switch wildcards on in Settings, and drop them again.',
  listsEncoding: (names: string) => `${names}: not in UTF-8. Add it in Settings to say how it is encoded.`,
  listsAdded: (count: number) =>
    plural(count, { one: '1 wildcard list added', other: `${number(count)} wildcard lists added` }),
  listReplaces: 'A list in the place of one of the same name has replaced it.',
  notEveryList: 'Not every list was added',
  listName: (file: string) => `${file}: a list needs a name of letters, digits, - . and _.`,
  listNotRead: (file: string, why: string) => `${file} could not be read. ${why}`,
  roomForLists: (lists: number, megabytes: number, leftOut: number) =>
    `There is room for ${number(lists)} lists and ${megabytes} MB of text: ` +
    plural(leftOut, { one: 'one list was left out.', other: `${number(leftOut)} lists were left out.` }),
};
