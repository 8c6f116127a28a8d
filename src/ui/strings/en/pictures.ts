// Pictures, wherever they are shown or something is done with them; PNG Info.
import { number, plural } from '../locale.ts';
import { common } from './common.ts';

export const pictures = {
  // What is done with them.
  favourite: 'Favourite',
  notFavourite: 'Remove from favourites',
  favouriteNotKept: 'The favourite could not be kept',
  notDeleted: (count: number) => `${common.pictures(count)} could not be deleted`,
  deleted: (count: number) => `${common.pictures(count)} deleted`,
  deletedAt: (time: string) => `At ${time}.`,
  notBroughtBack: 'The pictures could not be brought back',
  someNotBroughtBack: (count: number) => `${common.pictures(count)} could not be brought back`,
  roomNeeded: 'Their room was needed for new pictures, or another tab has freed it.',
  notSaved: 'The picture could not be saved as a file',
  notPacked: 'The pictures could not be packed',
  someNotPacked: (count: number) => `${common.pictures(count)} could not be packed`,
  someNotPackedWhy: 'The browser no longer has them, or they are damaged.',
  gone: 'The picture is gone',
  goneButParameters:
    'The browser no longer has it; it may have cleared its storage. Its parameters are still here.',

  // In their place.
  damaged: 'Damaged',
  missing: 'Missing',
  isDamaged: 'This picture is damaged.',
  isDamagedWhy: 'What the browser kept of it cannot be read. It can be made again from its parameters.',
  isGone: 'This picture is gone.',
  isGoneWhy:
    'The browser no longer has it; it may have cleared its storage. It can be made again from its parameters.',
  withSeed: (seed: string) => `Picture with seed ${seed}`,
  parametersOf: 'Parameters of this picture',

  // PNG Info.
  pngInfo: 'PNG Info',
  pngInfoWhat: 'See how a picture was made, here or in another program, and make it again.',
  picture: 'Picture',
  chooseAnother: 'Choose another picture',
  choose: 'Choose a picture',
  orDrop: 'or drop it anywhere on this page, or paste it. PNG, JPEG, WebP, AVIF or GIF.',
  reading: 'Reading the picture',
  isRead: (name: string) => `${name} is read`,
  cannotShow: 'The browser cannot show this picture: it is damaged.',
  tooLarge: (width: number, height: number) =>
    `The picture cannot be shown here: it is ${width} x ${height} pixels large, by what its file says.`,
  textOf: 'Text of the picture',
  noParameters: 'This picture has no generation parameters.',
  noParametersWhy:
    'They are lost when a picture is edited, sent through a messenger or saved from many websites. The original file has them.',
  copyText: 'Copy text',
  notSupported: (names: string) => `Not supported yet: ${names}. It may come out different.`,
  generationParameters: 'Generation parameters',
  parametersText: 'Parameters text',
  damagedTexts: (names: string) => `Damaged or too large, and not shown whole: ${names}.`,
  madeWith: (program: string) => `Made with ${program}. This is what its parameters come to here.`,
  otherText: (keyword: string) => `Another program’s text: ${keyword}`,
  otherTextLabel: (keyword: string) => `Text ${keyword}`,
  moreTexts: (count: number) =>
    plural(count, {
      one: 'There is one more text of another program.',
      other: `There are ${number(count)} more texts of other programs.`,
    }),
};
