// Thumbnails for tiles that come and go: what is asked for last is made first, and what nobody waits for any more is not made.
import type { Thumbnail } from '../../library/thumbnails.ts';

interface Request {
  readonly promise: Promise<Thumbnail | null>;
  readonly settle: (thumbnail: Thumbnail | null) => void;
  waiting: number;
}

/** Thumbnails that are kept in memory: a few screens of them. */
const KEPT = 600;
/** More at once would only make each come later. */
const AT_ONCE = 4;

export class ThumbnailLoader {
  /** The least recently used first. */
  readonly #kept = new Map<string, Thumbnail>();
  /** The one asked for last comes last, and is made first. */
  readonly #queue = new Map<string, Request>();
  readonly #make: (id: string) => Promise<Thumbnail>;
  readonly #running = new Map<string, Request>();

  /** `make` reads or makes one, and says so where it cannot; it must not reject. */
  constructor(make: (id: string) => Promise<Thumbnail>) {
    this.#make = make;
  }

  /** What is in memory already. */
  peek(id: string): Thumbnail | null {
    return this.#kept.get(id) ?? null;
  }

  /** `cancel`: this one does not wait any more; where nobody does, the promise gives null. */
  load(id: string): { readonly promise: Promise<Thumbnail | null>; readonly cancel: () => void } {
    const kept = this.#kept.get(id);
    if (kept) {
      this.#keep(id, kept);
      return { promise: Promise.resolve(kept), cancel: () => undefined };
    }
    const running = this.#running.get(id);
    if (running) return { promise: running.promise, cancel: () => undefined };
    const request = this.#queue.get(id) ?? newRequest();
    request.waiting += 1;
    this.#queue.delete(id);
    this.#queue.set(id, request);
    this.#next();
    let waiting = true;
    const cancel = (): void => {
      if (!waiting) return;
      waiting = false;
      request.waiting -= 1;
      if (request.waiting > 0 || this.#queue.get(id) !== request) return;
      this.#queue.delete(id);
      request.settle(null);
    };
    return { promise: request.promise, cancel };
  }

  #next(): void {
    while (this.#running.size < AT_ONCE) {
      const last = [...this.#queue].at(-1);
      if (!last) return;
      const [id, request] = last;
      this.#queue.delete(id);
      this.#running.set(id, request);
      void this.#make(id).then((thumbnail) => {
        this.#running.delete(id);
        this.#keep(id, thumbnail);
        request.settle(thumbnail);
        this.#next();
      });
    }
  }

  #keep(id: string, thumbnail: Thumbnail): void {
    this.#kept.delete(id);
    this.#kept.set(id, thumbnail);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function newRequest(): Request {
  let settle: Request['settle'] = () => undefined;
  const promise = new Promise<Thumbnail | null>((resolve) => (settle = resolve));
  return { promise, settle, waiting: 0 };
}
