// Makes one HTML file of the page, its workers, onnxruntime's wasm, the box and, if asked for, the demo checkpoint.
//
// A page opened from disk may fetch nothing, so everything is text in it: scripts and styles inline, allowed by their
// hashes; the rest as data that src/single-file/parts.ts finds. A module `name.single.ts` stands in for `name.ts` where
// the two forms of Darkroom differ.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin, type Rollup, type UserConfig } from 'vite';
import { partId, type PartName } from '../src/single-file/parts.ts';
import { singleFilePolicy } from './content-security-policy.ts';

export interface SingleFileOptions {
  /** What the workers are built with, besides this file's own. */
  readonly worker: Pick<UserConfig, 'define'> & { readonly plugins: () => Plugin[] };
  /** Asked when everything is built. */
  readonly licences: { text(): string };
  /** Folder of the demo checkpoint to put in, or null. */
  readonly demo: string | null;
}

export const SINGLE_FILE = 'darkroom.html';

const BOX = 'public/box';
const WASM = 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm';

/** `name.single.ts` in the place of `name.ts`, where there is one. */
export function singleModules(): Plugin {
  return {
    name: 'darkroom-single-modules',
    enforce: 'pre',
    resolveId(source, importer) {
      if (importer === undefined || !/^\.{1,2}\/.*\.ts$/.test(source)) return null;
      const path = resolve(dirname(importer), source);
      const single = path.replace(/(?:\.svelte)?\.ts$/, '.single$&');
      return existsSync(single) ? single : null;
    },
    // A classic script has no address of its own; onnxruntime only looks whether it is one.
    transform: (code, id) =>
      id.includes('onnxruntime-web')
        ? { code: code.replaceAll('import.meta.url', 'self.location.href'), map: null }
        : null,
  };
}

export function singleFile(options: SingleFileOptions): Plugin {
  let root = '';
  return {
    name: 'darkroom-single-file',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      root = config.root;
    },
    async generateBundle(_, bundle) {
      const page = text(bundle, /\.html$/);
      const parts: [PartName, string][] = [
        ['canvas', codePart(await buildWorker(root, 'canvas', options))],
        ['engine', codePart(await buildWorker(root, 'engine', options))],
        ['gallery', codePart(await buildWorker(root, 'gallery', options))],
        ['hasher', codePart(await buildWorker(root, 'hasher', options))],
        ['importer', codePart(await buildWorker(root, 'importer', options))],
        ['merger', codePart(await buildWorker(root, 'merger', options))],
        ['prompt-help', codePart(await buildWorker(root, 'prompt-help', options))],
        ['tokens', codePart(await buildWorker(root, 'tokens', options))],
        ['wasm', gzipSync(readFileSync(resolveFile(WASM)), { level: 9 }).toString('base64')],
      ];
      parts.push(['licences', codePart(options.licences.text())]);
      for (const name of readdirSync(join(root, BOX)))
        parts.push([`box/${name}`, readFileSync(join(root, BOX, name)).toString('base64')]);
      for (const name of options.demo === null ? [] : readdirSync(options.demo)) {
        parts.push([`demo/${name}`, readFileSync(join(options.demo ?? '', name)).toString('base64')]);
      }
      const icon = readFileSync(join(root, 'public/icons/darkroom.svg')).toString('base64');
      const html = assemble({
        page,
        firstPaint: readFileSync(join(root, 'public/first-paint.js'), 'utf8'),
        script: text(bundle, /\.js$/),
        style: text(bundle, /\.css$/),
        icon: `data:image/svg+xml;base64,${icon}`,
        parts,
      });
      for (const name of Object.keys(bundle)) Reflect.deleteProperty(bundle, name);
      this.emitFile({ type: 'asset', fileName: SINGLE_FILE, source: html });
      const size = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`.padStart(10);
      const lines = parts.map(([name, data]) => `${name.padEnd(34)}${size(data.length)}`);
      console.log(`\n${lines.join('\n')}\n${SINGLE_FILE.padEnd(34)}${size(html.length)}\n`);
    },
  };
}

export interface Pieces {
  /** The page as Vite wrote it. */
  readonly page: string;
  readonly firstPaint: string;
  readonly script: string;
  readonly style: string;
  /** As a data URL. */
  readonly icon: string;
  readonly parts: readonly (readonly [PartName, string])[];
}

/** Throws where a piece is not found in the page, or could not stand inside of it. */
export function assemble(pieces: Pieces): string {
  const icon = (code: string) => code.replaceAll('./icons/darkroom.svg', pieces.icon);
  const scripts = [pieces.firstPaint, icon(pieces.script)];
  for (const script of scripts) {
    // Either would end the script, or keep its end from being seen.
    if (/<\/script|<!--[^]*<script/i.test(script))
      throw new Error('A script holds the text of a script tag.');
  }
  const policy = singleFilePolicy(scripts, [pieces.style]);
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}" />`;
  const data = pieces.parts.map(
    ([name, value]) => `<script type="text/plain" id="${partId(name)}">${value}</script>`,
  );
  let html = icon(pieces.page);
  const change = (what: RegExp, by: string) => {
    if (!what.test(html)) throw new Error(`The page has no ${String(what)}.`);
    html = html.replace(what, () => by);
  };
  change(/<head>/, `<head>\n    ${meta}`);
  change(/<script src="\.\/first-paint\.js"><\/script>/, `<script>${pieces.firstPaint}</script>`);
  change(/<link rel="stylesheet"[^>]*>/, `<style>${pieces.style}</style>`);
  change(/\s*<link rel="manifest"[^>]*>/, '');
  change(/\s*<link rel="apple-touch-icon"[^>]*>/, '');
  change(/\s*<script type="module"[^>]*><\/script>/, '');
  change(/<\/body>/, `${data.join('\n')}\n<script>${scripts[1] ?? ''}</script>\n</body>`);
  return html;
}

/** Code as data: a JSON string without the characters that HTML reads. */
export function codePart(code: string): string {
  return JSON.stringify(code).replaceAll('<', '\\u003c');
}

/** A worker as one classic script. */
async function buildWorker(root: string, name: string, { worker }: SingleFileOptions): Promise<string> {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    plugins: [singleModules(), ...worker.plugins()],
    ...(worker.define === undefined ? {} : { define: worker.define }),
    build: {
      write: false,
      target: 'es2022',
      minify: 'esbuild',
      reportCompressedSize: false,
      chunkSizeWarningLimit: 10_000,
      rollupOptions: {
        input: join(root, 'workers', `${name}.ts`),
        output: { format: 'iife', inlineDynamicImports: true, entryFileNames: `${name}.js` },
      },
    },
  });
  const [output] = [result].flat() as Rollup.RollupOutput[];
  const chunk = output?.output.find((file) => file.type === 'chunk');
  if (chunk?.type !== 'chunk') throw new Error(`The worker ${name} could not be built.`);
  return chunk.code;
}

function text(bundle: Rollup.OutputBundle, name: RegExp): string {
  const found = Object.values(bundle).filter(({ fileName }) => name.test(fileName));
  const [file] = found;
  if (file === undefined || found.length > 1) throw new Error(`One ${String(name)} was expected.`);
  return file.type === 'chunk' ? file.code : Buffer.from(file.source).toString('utf8');
}

function resolveFile(name: string): string {
  return createRequire(import.meta.url).resolve(name);
}
