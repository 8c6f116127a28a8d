// The single file has no service worker, and with it no updates: a newer file replaces it.
import type { UpdateState } from './updates.svelte.ts';

export class Updates {
  readonly state: UpdateState = 'none';

  async watch(): Promise<void> {}

  async check(): Promise<void> {}

  async apply(): Promise<void> {}

  reload(): void {}
}
