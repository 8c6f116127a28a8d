// The service worker's cache of the files that are fetched with their first use: kept from then on, until a version of
// Darkroom no longer has them. What has not changed in a new version is not fetched again.
import { partOf, type KeptStatus, type SiteFile, type SitePart } from './site-files.ts';

const CACHE = 'darkroom-files';

export class KeptFiles {
  /** By address. */
  readonly #files: ReadonlyMap<string, SiteFile>;

  /** `files`: all of this version's. `scope`: the site's address. */
  constructor(
    private readonly all: readonly SiteFile[],
    private readonly scope: string,
  ) {
    const later = all.filter(({ url }) => partOf(url) !== 'page');
    this.#files = new Map(later.map((file) => [new URL(file.url, scope).href, file]));
  }

  has({ origin, pathname }: URL): boolean {
    return this.#files.has(origin + pathname);
  }

  /** The file as it is kept, or from the network. `keeping` gets what a service worker has to wait for. */
  async respond(
    request: Request,
    keeping: (work: Promise<unknown>) => void,
    onMissing: () => void,
  ): Promise<Response> {
    const { origin, pathname } = new URL(request.url);
    const file = this.#files.get(origin + pathname);
    if (!file) return fetch(request);
    const cache = await caches.open(CACHE);
    const kept = await cache.match(this.#key(file));
    if (kept) return kept;
    const response = await fetch(request);
    // The server has another version by now.
    if (response.status === 404) onMissing();
    // Without room for it, it is fetched again the next time.
    if (response.status === 200) keeping(cache.put(this.#key(file), response.clone()).catch(() => undefined));
    return response;
  }

  async status(): Promise<KeptStatus> {
    const missing = { runtime: 0, demo: 0 };
    for (const { url, bytes } of await this.#missing()) {
      const part = partOf(url);
      if (part !== 'page') missing[part] += bytes;
    }
    return { missing, total: this.all.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Fetches what is missing of these parts. Rejects where a file cannot be had or kept. */
  async keep(parts: readonly SitePart[], onFile: () => Promise<void> = async () => {}): Promise<void> {
    const cache = await caches.open(CACHE);
    for (const file of await this.#missing()) {
      if (!parts.includes(partOf(file.url))) continue;
      const fresh: RequestCache = file.revision === null ? 'default' : 'no-cache';
      const response = await fetch(new URL(file.url, this.scope), { cache: fresh });
      if (response.status !== 200) throw new Error(`${file.url} could not be fetched.`);
      await cache.put(this.#key(file), response);
      await onFile();
    }
  }

  /** What the version before had kept is kept of this one as well, so that it goes on working without a network. */
  async renew(): Promise<void> {
    const cache = await caches.open(CACHE);
    const had = new Set((await cache.keys()).map(({ url }) => partOf(this.#relative(url))));
    await this.keep([...had]);
  }

  /** Deletes what only earlier versions had. */
  async clean(): Promise<void> {
    const cache = await caches.open(CACHE);
    const current = new Set([...this.#files.values()].map((file) => this.#key(file)));
    for (const request of await cache.keys()) {
      if (!current.has(request.url)) await cache.delete(request);
    }
  }

  #key({ url, revision }: SiteFile): string {
    const address = new URL(url, this.scope);
    if (revision !== null) address.searchParams.set('revision', revision);
    return address.href;
  }

  #relative(address: string): string {
    const { origin, pathname } = new URL(address);
    return (origin + pathname).slice(this.scope.length);
  }

  async #missing(): Promise<SiteFile[]> {
    const cache = await caches.open(CACHE);
    const kept = new Set((await cache.keys()).map(({ url }) => url));
    return [...this.#files.values()].filter((file) => !kept.has(this.#key(file)));
  }
}
