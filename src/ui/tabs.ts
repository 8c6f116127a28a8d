// The browser's tabs that have Darkroom open: who is there, whose turn it is to use the GPU, and that something changed.

export interface Tabs {
  /** This tab's name among them. */
  readonly id: string;
  /** Names of those that are open. */
  open(): Promise<ReadonlySet<string>>;
  /** Runs `work` while no other tab runs its own. `onWait` is called when another one does, and `work` waits for it. */
  inTurn(work: () => Promise<void>, onWait: () => void): Promise<void>;
  /** Tells the others that what they share has changed. */
  announce(): void;
  /** Hears of that. Returns what ends it. */
  onChange(listener: () => void): () => void;
}

const TURN = 'darkroom-generation';
const TAB = 'darkroom-tab-';
const CHANNEL = 'darkroom-queue';

/** By Web Locks, which the browser gives up for tabs that close or crash; alone where it has none. */
export function browserTabs(id = `${Date.now()}-${Math.random()}`): Tabs {
  // Both are missing, or refuse, where a page has no origin of its own.
  const locks = (navigator as Partial<Navigator>).locks;
  if (!locks) return loneTab(id);
  // Held until the page goes.
  const present = locks.request(TAB + id, () => new Promise<never>(() => undefined));
  let refused = false;
  present.catch(() => (refused = true));
  const channel = new BroadcastChannel(CHANNEL);
  return {
    id,
    async open() {
      if (refused) return new Set([id]);
      const { held = [] } = await locks.query().catch(() => ({ held: [] }));
      const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(TAB));
      return new Set([id, ...names.map((name) => name.slice(TAB.length))]);
    },
    async inTurn(work, onWait) {
      if (refused) return work();
      const had = await locks.request(TURN, { ifAvailable: true }, async (lock) => {
        if (lock) await work();
        return lock !== null;
      });
      if (had) return;
      onWait();
      await locks.request(TURN, work);
    },
    announce: () => channel.postMessage(null),
    onChange(listener) {
      channel.addEventListener('message', listener);
      return () => channel.removeEventListener('message', listener);
    },
  };
}

export function loneTab(id: string): Tabs {
  return {
    id,
    open: () => Promise.resolve(new Set([id])),
    inTurn: (work) => work(),
    announce: () => undefined,
    onChange: () => () => undefined,
  };
}
