// The four places of the page and what is in them: where everything is found, and what is still to come. Everything that
// lists tabs reads this table; their names are in strings/en/places.ts.
import type { IconName } from '../icons.ts';

export interface Tab {
  readonly id: string;
  /** False where it is still to come: it says what it will do. */
  readonly built: boolean;
}

export interface Place {
  readonly id: string;
  readonly icon: IconName;
  /** The first is shown when the place is opened for the first time. */
  readonly tabs: readonly Tab[];
}

export const PLACES = [
  {
    id: 'create',
    icon: 'brush',
    tabs: [
      { id: 'txt2img', built: true },
      { id: 'img2img', built: true },
      { id: 'extras', built: true },
    ],
  },
  {
    id: 'pictures',
    icon: 'pictures',
    tabs: [
      { id: 'gallery', built: true },
      { id: 'png-info', built: true },
      { id: 'compare', built: true },
    ],
  },
  {
    id: 'models',
    icon: 'model',
    tabs: [
      { id: 'models', built: true },
      { id: 'merger', built: true },
      { id: 'train', built: false },
    ],
  },
  {
    id: 'settings',
    icon: 'settings',
    tabs: [
      { id: 'settings', built: true },
      { id: 'extensions', built: true },
    ],
  },
] as const satisfies readonly Place[];

export type PlaceId = (typeof PLACES)[number]['id'];
type EveryTab = (typeof PLACES)[number]['tabs'][number];
export type TabId = EveryTab['id'];
export type LaterTabId = Extract<EveryTab, { readonly built: false }>['id'];

export type KnownTab =
  | { readonly id: Exclude<TabId, LaterTabId>; readonly built: true }
  | { readonly id: LaterTabId; readonly built: false };
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
