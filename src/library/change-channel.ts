// Tells every tab and worker that stored things came, changed or went, so that lists follow.

export interface StoreChange {
  readonly ids: readonly string[];
}

export class ChangeChannel {
  #channel: BroadcastChannel | null = null;
  readonly #listeners = new Set<(change: StoreChange) => void>();

  constructor(private readonly name: string) {}

  /** To the other tabs and workers; whoever calls it knows already. */
  announce(ids: readonly string[]): void {
    this.#open().postMessage({ ids });
  }

  /** Returns what ends it. */
  onChange(listener: (change: StoreChange) => void): () => void {
    this.#open();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #open(): BroadcastChannel {
    if (this.#channel) return this.#channel;
    const channel = new BroadcastChannel(this.name);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const change = parseChange(data);
      if (change) for (const listener of this.#listeners) listener(change);
    };
    return (this.#channel = channel);
  }
}

/** Ids of pictures. */
export const imageChanges = new ChangeChannel('darkroom-images');
/** SHA-256 of models. */
export const modelChanges = new ChangeChannel('darkroom-models');

function parseChange(data: unknown): StoreChange | null {
  if (typeof data !== 'object' || data === null) return null;
  const { ids } = data as { ids?: unknown };
  return Array.isArray(ids) && ids.every((id) => typeof id === 'string') ? { ids } : null;
}
