// The page's Content-Security-Policy: the browser itself refuses every connection but those to Darkroom's own files.
//
// It stands in the page because a static server may send no headers. Workers do not take it over from a page, unless
// their script is a Blob of that page: src/blob-entrance.ts starts them so.
import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

type Sources = Readonly<Record<string, readonly string[]>>;

/** What both forms of the page agree on. */
const COMMON: Sources = {
  'default-src': ["'none'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  // No text becomes a script or HTML but through these two: Svelte's templates, and src/trusted-scripts.ts.
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ['svelte-trusted-html', 'darkroom'],
};

/** Of the site: files beside the page, Blobs that the page made, and WebAssembly. */
export const SITE_POLICY = written({
  ...COMMON,
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  // "data:" is for extensions (src/runtime/extension-worker.ts).
  'worker-src': ["'self'", 'blob:', 'data:'],
  'connect-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'blob:'],
  'manifest-src': ["'self'"],
});

/** Of the single file, which needs no connection at all: nothing but the very scripts and styles that are in it. */
export function singleFilePolicy(scripts: readonly string[], styles: readonly string[]): string {
  return written({
    ...COMMON,
    'script-src': [...scripts.map(hashSource), "'wasm-unsafe-eval'"],
    'worker-src': ['blob:', 'data:'],
    'connect-src': ["'none'"],
    'style-src': styles.map(hashSource),
    'img-src': ['blob:', 'data:'],
  });
}

/** Allows an inline script or style by its text. */
function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function written(sources: Sources): string {
  return Object.entries(sources)
    .map(([directive, values]) => [directive, ...values].join(' '))
    .join('; ');
}

/** Puts the policy into the built page. The development server needs inline styles and stays without. */
export function contentSecurityPolicy(policy: string): Plugin {
  return {
    name: 'darkroom-content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
        injectTo: 'head-prepend',
      },
    ],
  };
}
