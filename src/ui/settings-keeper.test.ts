import { expect, it } from 'vitest';
import { SettingsKeeper, type KeptSetting } from './settings-keeper.ts';
import { UnsavedSettings, type SyncStorage } from './unsaved-settings.ts';

function storage(): SyncStorage & { readonly items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** A database whose writes end when `answer` is called. */
function database() {
  const waiting: { end: (error?: unknown) => void }[] = [];
  const values = new Map<string, unknown>();
  const save = (key: string, value: unknown) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({
        end: (error) => {
          if (error !== undefined) return reject(error as Error);
          values.set(key, value);
          resolve();
        },
      });
    });
  const answer = async (error?: unknown) => {
    waiting.shift()?.end(error);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { save, values, answer, waiting };
}

const setting = (value: () => unknown, noted = true): KeptSetting => ({ key: 'prompt', value, noted });

it('notes a choice before anything else happens, and forgets it once it is kept', async () => {
  const [local, kept] = [storage(), database()];
  const notes = new UnsavedSettings(local);
  const keeper = new SettingsKeeper(notes, kept.save, () => undefined);
  keeper.changed(
    setting(() => 'tiger'),
    false,
  );
  expect(notes.find('prompt')).toBe('tiger');
  await kept.answer();
  expect(kept.values.get('prompt')).toBe('tiger');
  expect(local.items.size).toBe(0);
});

it('what is typed is noted by the time the page goes', () => {
  const [local, kept] = [storage(), database()];
  const keeper = new SettingsKeeper(new UnsavedSettings(local), kept.save, () => undefined);
  keeper.changed(
    setting(() => 'tig'),
    true,
  );
  expect(kept.waiting).toHaveLength(0);
  keeper.flush();
  expect(new UnsavedSettings(local).find('prompt')).toBe('tig');
});

it('writes one after another, the last one last, and keeps the note until that is done', async () => {
  const [local, kept] = [storage(), database()];
  const notes = new UnsavedSettings(local);
  const keeper = new SettingsKeeper(notes, kept.save, () => undefined);
  let value = 0;
  const counted = setting(() => value);
  for (value = 1; value < 5; value++) keeper.changed(counted, false);
  value = 5;
  keeper.changed(counted, false);
  expect(kept.waiting).toHaveLength(1);
  await kept.answer();
  expect(kept.waiting).toHaveLength(1);
  expect(notes.find('prompt')).toBe(5);
  await kept.answer();
  expect(kept.values.get('prompt')).toBe(5);
  expect(notes.find('prompt')).toBeUndefined();
});

it('where the database refuses, the note stays and the error is told', async () => {
  const [local, kept] = [storage(), database()];
  const notes = new UnsavedSettings(local);
  const errors: unknown[] = [];
  const keeper = new SettingsKeeper(notes, kept.save, (error) => errors.push(error));
  keeper.changed(
    setting(() => 'tiger'),
    false,
  );
  await kept.answer('full');
  expect(errors).toEqual(['full']);
  expect(notes.find('prompt')).toBe('tiger');
});

it('leaves what another tab has noted since', () => {
  const local = storage();
  const [mine, theirs] = [new UnsavedSettings(local), new UnsavedSettings(local)];
  const mark = mine.note('prompt', 'mine')!;
  theirs.note('prompt', 'theirs');
  mine.forget('prompt', mark);
  expect(mine.find('prompt')).toBe('theirs');
});

it('keeps whole numbers of any size, and nothing that is too long', () => {
  const notes = new UnsavedSettings(storage());
  const parameters = { seed: 2n ** 64n - 1n, prompt: 'x', subseed: -1 };
  notes.note('parameters', parameters);
  expect(notes.find('parameters')).toEqual(parameters);
  expect(notes.note('parameters', 'x'.repeat(1_000_001))).toBeNull();
  expect(notes.find('parameters')).toBeUndefined();
});

it('a browser that refuses, or holds rubbish, changes nothing', () => {
  const refusing = new UnsavedSettings({
    getItem: () => {
      throw new DOMException('denied', 'SecurityError');
    },
    setItem: () => {
      throw new DOMException('denied', 'SecurityError');
    },
    removeItem: () => undefined,
  });
  for (const notes of [refusing, new UnsavedSettings(null)]) {
    expect(notes.note('a', 1)).toBeNull();
    expect(notes.find('a')).toBeUndefined();
    notes.forget('a', 'mark');
  }
  for (const rubbish of ['{', 'null', '7', '[]', '{"value":1}']) {
    const local = storage();
    local.items.set('darkroom.unsaved.a', rubbish);
    expect(new UnsavedSettings(local).find('a')).toBeUndefined();
  }
});
