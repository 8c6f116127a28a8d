// Tabs that do work of their own, apart from the queue, say here how it is begun and ended: the keys for both then mean that work
// while such a tab is looked at.
import type { TabId } from '../navigation/places.ts';

export interface OwnWork {
  readonly running: boolean;
  /** Does nothing where there is nothing to work on. */
  start(): void;
  interrupt(): void;
}

export class OwnWorks {
  readonly #works = new Map<TabId, OwnWork>();

  /** Returns what takes it away again. */
  of(tab: TabId, work: OwnWork): () => void {
    this.#works.set(tab, work);
    return () => this.#works.delete(tab);
  }

  in(tab: TabId): OwnWork | undefined {
    return this.#works.get(tab);
  }
}
