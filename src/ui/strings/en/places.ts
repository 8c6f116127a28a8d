// The page's places and tabs under A1111's names, what is still to come, and what the parts of the page are called.
import { bold, type Phrase } from '../phrase.ts';

export const places = {
  place: { create: 'Create', pictures: 'Pictures', models: 'Models', settings: 'Settings' },
  tab: {
    txt2img: 'txt2img',
    img2img: 'img2img',
    extras: 'Extras',
    gallery: 'Gallery',
    'png-info': 'PNG Info',
    compare: 'Compare',
    models: 'Checkpoints',
    merger: 'Checkpoint Merger',
    train: 'Train',
    settings: 'Settings',
    extensions: 'Extensions',
  },
  /** What a tab will do, and what serves until then. */
  notYet: {
    train: {
      will: 'Teaches an embedding, a hypernetwork or a LoRA from your own pictures.',
      today: 'Nothing here does it yet. Checkpoints that were trained elsewhere work.',
    },
  },
  notBuilt: (will: string) => `Not built yet. ${will}`,
  isNotBuilt: (tab: string, will: string): Phrase => [bold(tab), ` is not built yet. ${will}`],
  today: (today: string) => `Today: ${today}`,

  /** The window's title while a picture is made. */
  titleWithProgress: (percent: string, darkroom: string) => `${percent} – ${darkroom}`,
  partNotLoaded: 'This part of the page could not be loaded. Load the page again when there is a network.',

  // TopBar.
  noCheckpoint: 'No checkpoint yet',
  importCheckpoint: 'Import checkpoint',
  import: 'Import',
  find: 'Find anything',
  findKey: 'Find anything (Ctrl+K)',
  lightTheme: 'Light theme',
  darkTheme: 'Dark theme',

  // Names of parts, for what is said where one cannot be shown.
  places: 'Places',
  thePlaces: 'The places',
  head: 'The head of the page',
  howLong: 'How long things last',
  news: 'News of a new version',
  graphicsCard: 'What was found of the graphics card',
  imports: 'Imports',
  thisWindow: 'This window',
  messages: 'Messages',
  aMessage: 'A message',
  dismissNamed: (title: string) => `Dismiss: ${title}`,

  // StorageRemark.
  storageBlocked: 'This window may not store anything: pictures and models last until it is closed.',
  withoutLibrary: 'Opened without the library: pictures and models of this visit last until it is closed.',
  openLibrary: 'Open with the library',

  // UpdateOffer.
  update: 'Update',
  updateReady: 'A new version of Darkroom is ready.',
  updateBusy: 'You can change to it when the work under way is done.',
  updateOtherTabs: 'Darkroom is open elsewhere, too: close the other tabs and windows first.',
  updateReloads: 'This page loads anew; models, pictures and settings stay.',
  updateNow: 'Update now',
  later: 'Later',
};
