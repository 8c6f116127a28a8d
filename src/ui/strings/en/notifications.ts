// Of runs that are over, to a person who is elsewhere.
import { number, plural } from '../locale.ts';

export const notifications = {
  done: 'Your pictures are done',
  failed: 'The run has ended with an error',
  made: (count: number, time: string) =>
    plural(count, { one: `One picture in ${time}.`, other: `${number(count)} pictures in ${time}.` }),
  offer: 'Be told when a long run is over?',
  offerText: (time: string) =>
    `This one took ${time}. The browser can notify you when you are in another tab or program.`,
  tellMe: 'Notify me',
  no: 'No',
  /** A setting. */
  notify: 'Notify me when a run of more than 30 seconds is over and this page is not in view',
  sound: 'Play notification sound after image generation',
  hearIt: 'Hear it',
  blocked: 'The browser does not let this page notify',
  blockedText: 'Allow notifications for this site in the browser’s site settings, then switch it on here.',
  missing: 'This browser has no notifications for pages.',
};
