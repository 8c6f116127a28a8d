// The page's side of the service worker: registers it once the page is up, and knows when a new version waits.
// (updates.single.svelte.ts stands in for this file in the single-file build.)
import type { Workbox } from 'workbox-window';
import { scriptAddress } from '../../trusted-scripts.ts';
import { UPDATE_REQUEST, type UpdateAnswer } from './update-protocol.ts';

export type UpdateState =
  | 'none'
  /** A new version lies ready. */
  | 'offered'
  /** Another page of Darkroom is open: it has to be closed first. */
  | 'other-tabs'
  /** The new version has taken over; this page is still the old one. */
  | 'applied';

export class Updates {
  state = $state<UpdateState>('none');
  #workbox: Workbox | null = null;
  #registration: ServiceWorkerRegistration | undefined;

  /** Never rejects: without a service worker Darkroom only needs the network to open. */
  async watch(): Promise<void> {
    if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
    try {
      // What the page itself needs goes first.
      await pageLoaded();
      const { Workbox } = await import('workbox-window');
      const workbox = new Workbox(scriptAddress('./service-worker.js'));
      workbox.addEventListener('waiting', () => (this.state = 'offered'));
      workbox.addEventListener('controlling', () => {
        // The first service worker of all takes over, too; nothing is new then.
        if (this.state !== 'none') this.state = 'applied';
      });
      this.#registration = await workbox.register();
      this.#workbox = workbox;
    } catch {
      // Private windows and switched off storage have none.
    }
  }

  /** Looks for a new version: a page may stay open for weeks. */
  async check(): Promise<void> {
    try {
      await this.#workbox?.update();
    } catch {
      // No network.
    }
  }

  /** The person wants the version that waits. Call while nothing is in the making. */
  async apply(): Promise<void> {
    const waiting = this.#registration?.waiting;
    if (!waiting) return;
    const { messageSW } = await import('workbox-window');
    const answer = (await messageSW(waiting, UPDATE_REQUEST)) as UpdateAnswer;
    if (answer === 'other-tabs') this.state = 'other-tabs';
  }

  /** Opens the new version. */
  reload(): void {
    location.reload();
  }
}

function pageLoaded(): Promise<void> {
  if (document.readyState === 'complete') return Promise.resolve();
  return new Promise((resolve) => addEventListener('load', () => resolve(), { once: true }));
}
