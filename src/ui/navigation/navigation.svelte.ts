// Where the person is, tied to the browser's history: Back closes what was opened, in order; links lead anywhere; a reload
// stays.
import { SvelteMap } from 'svelte/reactivity';
import {
  addressOf,
  beneath,
  hashOf,
  parseAddress,
  sameAddress,
  type Address,
  type Overlay,
} from './address.ts';
import { placeOf, type KnownPlace, type PlaceId, type TabId } from './places.ts';

/** What of the browser is used: its window. */
export interface BrowserHistory {
  readonly location: { readonly hash: string };
  readonly history: Pick<History, 'back' | 'pushState' | 'replaceState' | 'state'>;
  addEventListener(type: 'popstate', listener: () => void): void;
  removeEventListener(type: 'popstate', listener: () => void): void;
}

/** Marks the entries of things that were opened over the entry before. */
const OPENED = 'darkroom-opened';

export class Navigation {
  /** Changed by `go`, `open`, `close` and the browser's buttons only. */
  address = $state.raw<Address>(addressOf('txt2img'));
  /** The tab that each place showed last. */
  readonly #last = new SvelteMap<PlaceId, TabId>();
  readonly #browser: BrowserHistory;
  /** The browser is on its way back, which takes a moment; what is asked for meanwhile comes after it. */
  #leaving = false;
  #afterwards: (() => void) | null = null;

  constructor(browser: BrowserHistory = window) {
    this.#browser = browser;
    this.#take(parseAddress(browser.location.hash));
  }

  get tab(): TabId {
    return this.address.tab;
  }

  get place(): PlaceId {
    return placeOf(this.address.tab).id;
  }

  /** Follows the browser's buttons and links. Returns what ends it. */
  follow(): () => void {
    const arrived = () => {
      this.#leaving = false;
      this.#take(parseAddress(this.#browser.location.hash));
      const next = this.#afterwards;
      this.#afterwards = null;
      next?.();
    };
    this.#browser.addEventListener('popstate', arrived);
    arrived();
    return () => this.#browser.removeEventListener('popstate', arrived);
  }

  /** The tab that a place shows when it is chosen. */
  tabIn(place: KnownPlace): TabId {
    return this.#last.get(place.id) ?? place.tabs[0].id;
  }

  /** Goes somewhere else; Back comes back. */
  go(address: Address): void {
    if (this.#waits(() => this.go(address))) return;
    if (sameAddress(address, this.address)) return;
    this.#browser.history.pushState(null, '', hashOf(address));
    this.#take(address);
  }

  /** Goes on from one item to the next: Back does not go through all of them. */
  turn(item: string | null): void {
    if (this.#waits(() => this.turn(item))) return;
    const address = { ...this.address, item };
    this.#browser.history.replaceState(this.#browser.history.state, '', hashOf(address));
    this.#take(address);
  }

  /** Opens an item of the tab, or of another one. */
  open(item: string, tab: TabId = this.tab): void {
    this.#open(addressOf(tab, item));
  }

  openOverlay(overlay: Overlay): void {
    this.#open({ ...this.address, overlay });
  }

  /** Closes what was opened last; nothing where nothing is open. */
  close(): void {
    const under = beneath(this.address);
    // Whoever notices that what it shows is gone closes it, too.
    if (!under || this.#leaving) return;
    // What a link led to directly has nothing of ours behind it.
    if (this.#browser.history.state === OPENED) {
      this.#leaving = true;
      this.#browser.history.back();
    } else {
      this.#browser.history.replaceState(null, '', hashOf(under));
      this.#take(under);
    }
  }

  /** Before going elsewhere from an overlay: its entry is given to what is gone to, so that Back does not open it again. */
  leaveOverlay(): void {
    if (this.address.overlay === null) return;
    const under = { ...this.address, overlay: null };
    this.#browser.history.replaceState(this.#browser.history.state, '', hashOf(under));
    this.#take(under);
  }

  #waits(action: () => void): boolean {
    if (this.#leaving) this.#afterwards = action;
    return this.#leaving;
  }

  #open(address: Address): void {
    if (this.#waits(() => this.#open(address))) return;
    if (sameAddress(address, this.address)) return;
    this.#browser.history.pushState(OPENED, '', hashOf(address));
    this.#take(address);
  }

  #take(address: Address): void {
    if (!sameAddress(address, this.address)) this.address = address;
    this.#last.set(placeOf(address.tab).id, address.tab);
  }
}
