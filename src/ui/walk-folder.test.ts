import { expect, it } from 'vitest';
import { MAX_DEPTH, MAX_FILES, walkFolders, type FileGroup, type FolderItem } from './walk-folder.ts';

const file = (name: string): FolderItem => ({ kind: 'file', name, file: async () => new File(['x'], name) });
const folder = (name: string, ...inner: FolderItem[]): FolderItem => ({
  kind: 'folder',
  name,
  async *items() {
    yield* inner;
  },
});
const wanted = (name: string) => name.endsWith('.ckpt');
const names = (groups: readonly FileGroup[]) =>
  groups.map(({ folder, files }) => [folder, ...files.map(({ name }) => name)]);

it('takes what there is a use for, folder by folder, and counts the rest', async () => {
  const unreadable: FolderItem = {
    ...(file('b.ckpt') as FolderItem & { kind: 'file' }),
    file: () => Promise.reject(new Error()),
  };
  const root = folder(
    'models',
    file('a.ckpt'),
    file('readme.md'),
    folder('sd', file('c.ckpt'), unreadable),
    folder('none'),
  );
  const walk = await walkFolders([root], wanted);
  expect(names(walk.groups)).toEqual([
    ['', 'a.ckpt'],
    ['sd', 'c.ckpt'],
  ]);
  expect(walk).toMatchObject({ leftAside: 2, cut: false });
});

it('ends in a folder without end, wide or deep', async () => {
  const wide: FolderItem = {
    kind: 'folder',
    name: 'wide',
    async *items() {
      for (;;) yield file('a.ckpt');
    },
  };
  const walk = await walkFolders([wide], wanted);
  expect(walk.groups[0]!.files).toHaveLength(MAX_FILES);
  expect(walk.cut).toBe(true);

  const deep: FolderItem = {
    kind: 'folder',
    name: 'deep',
    async *items() {
      yield file('a.ckpt');
      yield deep;
    },
  };
  const deepWalk = await walkFolders([deep], wanted);
  expect(deepWalk.groups).toHaveLength(MAX_DEPTH);
  expect(deepWalk.cut).toBe(true);

  const nothing: FolderItem = {
    kind: 'folder',
    name: 'nothing',
    async *items() {
      for (;;) yield file('a.log');
    },
  };
  expect((await walkFolders([nothing], wanted)).cut).toBe(true);
});
