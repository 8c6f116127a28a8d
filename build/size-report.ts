// Prints what each part of the built site weighs, and fails the build when the page asks for too much JavaScript before
// a person can use it.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

export interface SizeOptions {
  /** Bytes of gzip JavaScript that the page may load before the first interaction. */
  readonly budget: number;
}

/** A file of the site. `gzip` is null where compressing is not worth a web server's while. */
export interface WeighedFile {
  /** Relative to the site, with `/`. */
  readonly path: string;
  readonly raw: number;
  readonly gzip: number | null;
}

export interface Part {
  readonly name: string;
  readonly files: number;
  readonly raw: number;
  readonly gzip: number;
}

const BEFORE_INTERACTION = 'Page: JavaScript before interaction';

/** In the order of the report; the first pattern that fits a path names its part. */
const PARTS: readonly (readonly [name: string, path: RegExp])[] = [
  ['Page: HTML and styles', /\.(?:html|css)$/],
  ['Tokenizer', /^assets\/tokenizer-[^/]*\.js$/],
  ['Worker: generation', /^assets\/engine-[^/]*\.js$/],
  ['Worker: import', /^assets\/importer-[^/]*\.js$/],
  ['Worker: merging', /^assets\/merger-[^/]*\.js$/],
  ['Worker: canvas', /^assets\/canvas-[^/]*\.js$/],
  ['Worker: gallery', /^assets\/gallery-[^/]*\.js$/],
  ['Worker: help with prompts', /^assets\/prompt-help-[^/]*\.js$/],
  ['Worker: token counter', /^assets\/tokens-[^/]*\.js$/],
  ['Service worker', /^service-worker\.js$/],
  ['onnxruntime (wasm)', /\.wasm$/],
  ['Demo checkpoint', /^demo\//],
  ['The box', /^box\//],
  ['Page: JavaScript on demand', /\.js$/],
  ['Icons, screenshots, manifest', /./],
];

/** Sorts files into parts; parts without files are left out. `initial`: paths of the scripts that the page starts with. */
export function partsOf(files: readonly WeighedFile[], initial: ReadonlySet<string>): readonly Part[] {
  const nameOf = (path: string) =>
    initial.has(path) ? BEFORE_INTERACTION : PARTS.find(([, pattern]) => pattern.test(path))?.[0];
  return [BEFORE_INTERACTION, ...PARTS.map(([name]) => name)]
    .map((name) => {
      const members = files.filter(({ path }) => nameOf(path) === name);
      const sum = (bytes: (file: WeighedFile) => number) =>
        members.reduce((total, file) => total + bytes(file), 0);
      return {
        name,
        files: members.length,
        raw: sum(({ raw }) => raw),
        gzip: sum(({ raw, gzip }) => gzip ?? raw),
      };
    })
    .filter((part) => part.files > 0);
}

export function table(parts: readonly Part[]): string {
  const size = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(12);
  const lines = parts.map(
    ({ name, files, raw, gzip }) => `${name.padEnd(38)}${String(files).padStart(5)}${size(raw)}${size(gzip)}`,
  );
  return [`${'Part'.padEnd(38)}files${'raw'.padStart(12)}${'gzip'.padStart(12)}`, ...lines].join('\n');
}

/** What is wrong with the parts, or null. */
export function overBudget(parts: readonly Part[], { budget }: SizeOptions): string | null {
  const gzip = parts.find(({ name }) => name === BEFORE_INTERACTION)?.gzip ?? 0;
  if (gzip <= budget) return null;
  return (
    `The page loads ${(gzip / 1000).toFixed(1)} kB of gzip JavaScript before the first interaction; ` +
    `${(budget / 1000).toFixed(0)} kB are allowed. Import what is not needed at once with import().`
  );
}

function weigh(folder: string): WeighedFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((native) => {
      const path = native.replaceAll('\\', '/');
      const bytes = readFileSync(join(folder, native));
      const gzip = /^(?:box|demo)\/|\.png$/.test(path) ? null : gzipSync(bytes).length;
      return { path, raw: bytes.length, gzip };
    });
}

/** The last of the plugins: it looks at the finished folder. */
export function sizeReport(options: SizeOptions): Plugin {
  let folder = '';
  let initial = new Set<string>();
  return {
    name: 'darkroom-size-report',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    writeBundle(_, bundle) {
      // Public scripts that index.html names run before the first paint.
      initial = new Set(['first-paint.js']);
      const add = (name: string) => {
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk' || initial.has(name)) return;
        initial.add(name);
        chunk.imports.forEach(add);
      };
      for (const output of Object.values(bundle)) {
        if (output.type === 'chunk' && output.isEntry) add(output.fileName);
      }
    },
    closeBundle: {
      sequential: true,
      order: 'post',
      handler() {
        const parts = partsOf(weigh(folder), initial);
        console.log(`\n${table(parts)}\n`);
        const problem = overBudget(parts, options);
        if (problem !== null) this.error(problem);
      },
    },
  };
}
