// Addresses of what the page shows, as they stand after the `#`: "#/gallery/ID", "#/settings/clip-skip",
// "#/txt2img?styles". They work on a site, offline and in a single file alike.
import { FIRST_TAB, tabOf, type TabId } from './places.ts';

/** Windows that can lie over any place. */
export const DIALOGS = ['find', 'keys', 'styles', 'add-ons', 'history', 'batch'] as const;
export type DialogName = (typeof DIALOGS)[number];
/** What can lie over any place: also txt2img's controls, where they are in a sheet, and painting on img2img's source. */
export const OVERLAYS = [...DIALOGS, 'controls', 'paint'] as const;
export type Overlay = (typeof OVERLAYS)[number];

export interface Address {
  readonly tab: TabId;
  /** What of the tab is looked at: a picture's id, a setting's name. */
  readonly item: string | null;
  readonly overlay: Overlay | null;
}

/** Ids of pictures are far shorter, and so are names of settings. */
const MAX_ITEM = 400;

export function addressOf(tab: TabId, item: string | null = null, overlay: Overlay | null = null): Address {
  return { tab, item, overlay };
}

/** What a location's hash names; the first tab where it names nothing that there is. */
export function parseAddress(hash: string): Address {
  const [, path = '', query = ''] = /^#\/([^?]*)(?:\?(.*))?$/s.exec(hash) ?? [];
  const slash = path.indexOf('/');
  const tab = tabOf(slash < 0 ? path : path.slice(0, slash));
  const overlay = OVERLAYS.find((name) => name === query) ?? null;
  if (!tab) return addressOf(FIRST_TAB, null, overlay);
  return addressOf(tab.id, slash < 0 ? null : decoded(path.slice(slash + 1)), overlay);
}

/** The hash of an address, with its `#`. */
export function hashOf({ tab, item, overlay }: Address): string {
  const path = item === null ? '' : `/${encodeURIComponent(item)}`;
  return `#/${tab}${path}${overlay === null ? '' : `?${overlay}`}`;
}

/** What is left when the uppermost thing is closed: the overlay, then the item; null where nothing is open. */
export function beneath({ tab, item, overlay }: Address): Address | null {
  if (overlay !== null) return addressOf(tab, item);
  return item === null ? null : addressOf(tab);
}

export function sameAddress(a: Address, b: Address): boolean {
  return hashOf(a) === hashOf(b);
}

function decoded(item: string): string | null {
  // A character takes up to nine in this form.
  if (item === '' || item.length > 9 * MAX_ITEM) return null;
  try {
    const text = decodeURIComponent(item);
    return text.length <= MAX_ITEM ? text : null;
  } catch {
    return null;
  }
}
