// Installing, updating, enabling and removing extensions, over a store in memory.
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { BUILT_IN, findExtension } from '../../extensions/known.ts';
import { listExtensions } from '../../library/extensions.ts';
import { holdInMemory } from '../../library/memory/memory-mode.ts';
import { extensionStore } from '../../library/stores.ts';
import { OwnExtensions } from './own-extensions.svelte.ts';

beforeAll(() => holdInMemory());

const NAME = 'Own';

function script(wants: readonly string[], version = '1', name = NAME): File {
  const manifest = { interface: 1, name, version, wants };
  return new File([`/* darkroom extension ${JSON.stringify(manifest)} */\nregister(() => ({}));`], 'own.js');
}

const folder = (files: Readonly<Record<string, string>>) => ({
  kind: 'folder' as const,
  name: 'a folder',
  async *items() {
    for (const [name, text] of Object.entries(files))
      yield { kind: 'file' as const, name, file: async () => new File([text], name) };
  },
});

it('asks before it installs, and again where an update wants more', async () => {
  const own = new OwnExtensions();
  await own.take([script(['picture'])], []);
  expect(own.asking.map(({ beyond, isUpdate }) => [beyond, isUpdate])).toEqual([[['picture'], false]]);
  expect(own.installed).toEqual([]);
  expect(findExtension(NAME)).toBeUndefined();
  await own.allow(own.asking[0]!);
  expect(own.asking).toEqual([]);
  expect(own.installed).toMatchObject([{ enabled: true, granted: ['picture'] }]);
  expect(findExtension(NAME)).toBeDefined();

  await own.enable(own.installed[0]!, false);
  expect(findExtension(NAME)).toBeUndefined();
  // What wants no more takes its place at once, off as it was.
  await own.take([script(['picture'], '2')], []);
  expect(own.asking).toEqual([]);
  expect(own.installed).toMatchObject([{ enabled: false, manifest: { version: '2' } }]);

  await own.take([script(['picture', 'guidance'], '3')], []);
  expect(own.asking.map(({ beyond, isUpdate }) => [beyond, isUpdate])).toEqual([[['guidance'], true]]);
  expect(own.installed).toMatchObject([{ granted: ['picture'], manifest: { version: '2' } }]);
  own.dismiss(NAME);
  expect(own.asking).toEqual([]);

  await own.remove(NAME);
  expect(own.installed).toEqual([]);
});

it('takes folders, and says what it cannot take', async () => {
  const own = new OwnExtensions();
  const example = 'examples/extensions/late-guidance';
  const files = Object.fromEntries(
    ['manifest.json', 'main.js'].map((name) => [name, readFileSync(`${example}/${name}`, 'utf8')]),
  );
  await own.take([], [folder({ ...files, 'readme.txt': 'nothing' })]);
  expect(own.asking).toHaveLength(1);
  await own.take(
    [script(['everything']), script(['picture'], '1', BUILT_IN[0]!.name), new File(['x'], 'a.js')],
    [folder({})],
  );
  expect(own.refused).toHaveLength(4);
  expect(own.refused[0]).toMatch(/own\.js cannot be installed.*everything/);
  expect(own.refused[1]).toMatch(/built in/);
});

it('leaves out what is damaged', async () => {
  await extensionStore.set('x', { version: 1, code: 'y', manifest: { interface: 1 } });
  await extensionStore.set('y', null);
  await extensionStore.set('z', { version: 99 });
  expect(await listExtensions()).toEqual([]);
});
