// The files of the site: which belong to the page and are kept from the first visit on, and which are fetched with the
// first click that needs them.

/** `page`: kept at once. `runtime`: what importing and painting need, the box, and the licences. `demo`: the demo checkpoint. */
export type SitePart = 'page' | 'runtime' | 'demo';

/** An entry of the build's list. */
export interface SiteFile {
  /** Relative to the site. */
  readonly url: string;
  /** Null where the name itself changes with what is in it. */
  readonly revision: string | null;
  readonly bytes: number;
}

/** Scripts of the workers, and what one of them fetches: none is needed before a click. */
const LATER_SCRIPTS = [
  'canvas',
  'engine',
  'gallery',
  'hasher',
  'importer',
  'merger',
  'prompt-help',
  'tokenizer',
  'tokens',
];
// The licences' texts are longer than the page, and hardly ever read.
const RUNTIME = new RegExp(
  `\\.wasm$|^licences\\.txt$|^box/|^assets/(?:${LATER_SCRIPTS.join('|')})-[^/]*\\.js$`,
);

/** `path`: relative to the site. */
export function partOf(path: string): SitePart {
  // That there is a demo is part of the page.
  if (path.startsWith('demo/') && path !== 'demo/demo.json') return 'demo';
  return RUNTIME.test(path) ? 'runtime' : 'page';
}

/** Bytes of what is not kept yet, and of all there is. */
export interface KeptStatus {
  readonly missing: { readonly runtime: number; readonly demo: number };
  readonly total: number;
}

/** The page to the service worker, with a port for the answers: KeptStatus, the last one of them `done`. */
export interface KeepRequest {
  readonly type: 'darkroom-keep-files';
  /** What to fetch; nothing where it is only asked. */
  readonly parts: readonly SitePart[];
}

export type KeepAnswer = KeptStatus & { readonly done: boolean };

export function isKeepRequest(data: unknown): data is KeepRequest {
  if (typeof data !== 'object' || data === null) return false;
  const { type, parts } = data as Record<string, unknown>;
  return type === 'darkroom-keep-files' && Array.isArray(parts);
}
