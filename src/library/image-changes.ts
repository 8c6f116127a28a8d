// Tells every tab and worker which pictures came, changed or went, so that lists follow without reading everything anew.

export interface ImageChange {
  readonly ids: readonly string[];
}

const NAME = 'darkroom-images';

let channel: BroadcastChannel | null = null;
const listeners = new Set<(change: ImageChange) => void>();

function open(): BroadcastChannel {
  if (channel) return channel;
  channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const change = parseChange(data);
    if (change) for (const listener of listeners) listener(change);
  };
  return channel;
}

/** To the other tabs and workers; whoever calls it knows already. */
export function announceImages(ids: readonly string[]): void {
  open().postMessage({ ids });
}

/** Returns what ends it. */
export function onImagesChanged(listener: (change: ImageChange) => void): () => void {
  open();
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function parseChange(data: unknown): ImageChange | null {
  if (typeof data !== 'object' || data === null) return null;
  const { ids } = data as { ids?: unknown };
  return Array.isArray(ids) && ids.every((id) => typeof id === 'string') ? { ids } : null;
}
