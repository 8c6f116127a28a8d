// The four places of the page and what is in them, under A1111's names: where everything is found, and what is still to
// come. Everything that lists tabs reads this table.
import type { IconName } from '../icons.ts';

/** What a tab will do that is not built yet, and what serves until then. */
export interface NotYet {
  readonly will: string;
  readonly today: string;
}

export interface Tab {
  readonly id: string;
  /** A1111's name, where it has one. */
  readonly label: string;
  readonly notYet?: NotYet;
}

export interface Place {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  /** The first is shown when the place is opened for the first time. */
  readonly tabs: readonly Tab[];
}

export const PLACES = [
  {
    id: 'create',
    label: 'Create',
    icon: 'brush',
    tabs: [
      { id: 'txt2img', label: 'txt2img' },
      {
        id: 'img2img',
        label: 'img2img',
        notYet: {
          will: 'Makes a picture out of another one: redraws it, or only what you paint over (inpaint), or enlarges it.',
          today: 'To make a picture again with small changes, open it in the Gallery and use its settings.',
        },
      },
      {
        id: 'extras',
        label: 'Extras',
        notYet: {
          will: 'Enlarges pictures with upscalers and mends faces, one at a time or a whole folder.',
          today: 'Make the picture larger from the start: raise Width and Height in txt2img.',
        },
      },
    ],
  },
  {
    id: 'pictures',
    label: 'Pictures',
    icon: 'pictures',
    tabs: [
      { id: 'gallery', label: 'Gallery' },
      { id: 'png-info', label: 'PNG Info' },
      { id: 'compare', label: 'Compare' },
    ],
  },
  {
    id: 'models',
    label: 'Models',
    icon: 'model',
    tabs: [
      { id: 'models', label: 'Checkpoints' },
      {
        id: 'merger',
        label: 'Checkpoint Merger',
        notYet: {
          will: 'Mixes two or three checkpoints into a new one.',
          today: 'A file that was merged elsewhere works here: drop it on the page.',
        },
      },
      {
        id: 'train',
        label: 'Train',
        notYet: {
          will: 'Teaches an embedding, a hypernetwork or a LoRA from your own pictures.',
          today: 'Nothing here does it yet. Checkpoints that were trained elsewhere work.',
        },
      },
    ],
  },
  {
    id: 'settings',
    label: 'Settings',
    icon: 'settings',
    tabs: [
      { id: 'settings', label: 'Settings' },
      {
        id: 'extensions',
        label: 'Extensions',
        notYet: {
          will: 'Adds what others have built: sections, tools and scripts.',
          today: 'Wildcards, which A1111 has as an extension, are built in: see Settings.',
        },
      },
    ],
  },
] as const satisfies readonly Place[];

export type PlaceId = (typeof PLACES)[number]['id'];
export type TabId = (typeof PLACES)[number]['tabs'][number]['id'];

export type KnownTab = Tab & { readonly id: TabId };
export type KnownPlace = Omit<Place, 'tabs'> & {
  readonly id: PlaceId;
  readonly tabs: readonly [KnownTab, ...KnownTab[]];
};

const KNOWN: readonly KnownPlace[] = PLACES;

export const FIRST_TAB: TabId = 'txt2img';

/** The tab of that name, or null. */
export function tabOf(id: string): KnownTab | null {
  return KNOWN.flatMap(({ tabs }) => tabs).find((tab) => tab.id === id) ?? null;
}

export function placeOf(tab: TabId): KnownPlace {
  return KNOWN.find(({ tabs }) => tabs.some(({ id }) => id === tab))!;
}
