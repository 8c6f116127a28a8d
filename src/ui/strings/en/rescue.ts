// What is shown when the page itself cannot be (last-resort.ts).
import { number } from '../locale.ts';

export const rescue = {
  title: 'Darkroom could not be shown',
  what:
    'Something that is stored, or this version, stopped the page. Your models and pictures are still here. ' +
    'Open the page again; if it ends here again, take your pictures along and delete what came last.',
  openAgain: 'Open again',
  withoutLibrary: 'Open without the library',
  copyError: 'Copy the error',
  copied: 'Copied.',
  models: 'Models',
  pictures: 'Pictures',
  theError: 'The error',
  none: 'There are none.',
  notRead: (message: string) => `They could not be read. ${message}`,
  damagedRecord: 'A record that cannot be read',
  delete: 'Delete',
  isDeleted: (name: string) => `${name} is deleted.`,
  packed: (done: number, total: number) => `${number(done)} of ${number(total)}`,
  missing: (count: number) => `${number(count)} could not be read.`,
  seedAndTime: (seed: string, time: string) => `Seed ${seed}, ${time}`,
  save: 'Save',
  gone: 'It is not there any more.',
  downloadAll: (count: number) => `Download all ${number(count)} as zip`,
  oneByOne: 'One by one',
};
