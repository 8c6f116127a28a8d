// A1111's settings: those that mean nothing here, and what is said of a config.json that is taken over.
import type { Reason } from '../../webui-settings/absent.ts';
import { number, plural } from '../locale.ts';

const why: Readonly<Record<Reason, string>> = {
  folders: 'You choose the output folder in the browser; the folders in it have A1111’s names.',
  always: 'Is always so here, as by A1111’s default.',
  notBuilt: 'Is not built here.',
  server: 'Is for a server, its console or its packages; there is none here.',
  layout: 'The page is laid out in another way.',
  memory: 'What is loaded when is decided by Graphics memory.',
  kernels: 'How networks are computed is decided by GPU kernels, for each card.',
  families: 'Stable Diffusion 3 is not there.',
  elsewhere: 'Is chosen where it is used, and remembered.',
  files: 'Upscalers are files of yours, and all of them are listed.',
  upscalers: 'This upscaler is not there.',
  training: 'There is no training.',
  keys: 'Keys are changed under Keys.',
  captions: 'Captions are not there.',
};

export const webui = {
  title: 'Settings of A1111',
  what: 'Drop A1111’s config.json or ui-config.json on the page, or choose it, and what means something here is taken over.',
  choose: 'Choose config.json',
  absent: (count: number) => `${number(count)} settings of A1111 that are not here, and why`,
  why,

  notRead: (name: string) => `${name} is no config.json of A1111`,
  notReadWhat: 'It is no JSON object with the names of A1111’s settings in it.',
  took: (name: string) => `${name} was taken over`,
  nothingNew: 'All that means something here was set so already.',
  taken: (titles: readonly string[], count: number) =>
    plural(count, {
      one: `Changed: ${titles.join(', ')}.`,
      other: `${number(count)} changed: ${titles.join(', ')}.`,
    }),
  refused: (keys: readonly string[]) => `Not understood: ${keys.join(', ')}.`,
  ignored: (keys: readonly string[], reason: string) => `Not taken: ${keys.join(', ')}. ${reason}`,
  unknown: (keys: readonly string[]) => `Unknown: ${keys.join(', ')}.`,
  more: (count: number) => `and ${number(count)} more`,
};
