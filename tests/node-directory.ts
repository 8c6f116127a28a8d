// A folder on disk as the browser's File System Access has it, as far as the library uses it: so that what is written there can be
// tested with real files where there is no browser.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function nodeDirectory(path: string): FileSystemDirectoryHandle {
  const missing = () =>
    new DOMException('A requested file or directory could not be found.', 'NotFoundError');
  const directory = {
    kind: 'directory',
    name: path,
    async getDirectoryHandle(name: string, { create = false } = {}) {
      const inner = join(path, checked(name));
      if (create) mkdirSync(inner, { recursive: true });
      else if (!isThere(inner)) throw missing();
      return nodeDirectory(inner);
    },
    async getFileHandle(name: string, { create = false } = {}) {
      const file = join(path, checked(name));
      if (!isThere(file)) {
        if (!create || !isThere(path)) throw missing();
        writeFileSync(file, '');
      }
      return {
        kind: 'file',
        name,
        getFile: async () => new Blob([readFileSync(file)]),
        async createWritable() {
          const chunks: Uint8Array[] = [];
          return new WritableStream<Uint8Array>({
            write: (chunk) => void chunks.push(chunk),
            close() {
              writeFileSync(`${file}.crswap`, Buffer.concat(chunks));
              renameSync(`${file}.crswap`, file);
            },
          });
        },
      };
    },
    async removeEntry(name: string) {
      rmSync(join(path, checked(name)));
    },
    async *keys() {
      if (!isThere(path)) throw missing();
      yield* readdirSync(path);
    },
  };
  return directory as unknown as FileSystemDirectoryHandle;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Chromium refuses these. */
function checked(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[\\/:*?"<>|]|[. ]$/.test(name))
    throw new TypeError(`Name is not allowed: ${name}`);
  return name;
}

/** All files below, by their paths, sorted. */
export function filesBelow(path: string, before = ''): string[] {
  return readdirSync(path, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory()
        ? filesBelow(join(path, entry.name), `${before}${entry.name}/`)
        : [before + entry.name],
    )
    .sort();
}
