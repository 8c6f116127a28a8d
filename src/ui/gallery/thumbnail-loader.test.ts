import { expect, it } from 'vitest';
import type { Thumbnail } from '../../library/thumbnails.ts';
import { ThumbnailLoader } from './thumbnail-loader.ts';

/** A loader whose thumbnails are made one by one, when the test says so. */
function setUp() {
  const asked: string[] = [];
  const finish = new Map<string, () => void>();
  const loader = new ThumbnailLoader(
    (id) =>
      new Promise<Thumbnail>((resolve) => {
        asked.push(id);
        finish.set(id, () => resolve({ blob: new Blob([id]) }));
      }),
  );
  const settle = async (id: string): Promise<void> => {
    finish.get(id)?.();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { loader, asked, settle };
}

it('makes what was asked for last first, a few at once', async () => {
  const { loader, asked, settle } = setUp();
  for (const id of 'abcdefg') loader.load(id);
  expect(asked.join('')).toBe('abcd');
  await settle('a');
  expect(asked.join('')).toBe('abcdg');
  await settle('b');
  expect(asked.join('')).toBe('abcdgf');
});

it('does not make what nobody waits for any more', async () => {
  const { loader, asked, settle } = setUp();
  for (const id of 'abcd') loader.load(id);
  const first = loader.load('e');
  const again = loader.load('e');
  const gone = loader.load('f');
  gone.cancel();
  first.cancel();
  first.cancel();
  expect(await gone.promise).toBeNull();
  await settle('a');
  await settle('b');
  expect(asked.join('')).toBe('abcde');
  await settle('e');
  expect(await again.promise).toEqual({ blob: new Blob(['e']) });
});

it('makes each once, and remembers it', async () => {
  const { loader, asked, settle } = setUp();
  const one = loader.load('a');
  const two = loader.load('a');
  expect(loader.peek('a')).toBeNull();
  await settle('a');
  expect(await one.promise).toBe(await two.promise);
  expect(loader.peek('a')).toBe(await one.promise);
  expect(await loader.load('a').promise).toBe(await one.promise);
  expect(asked).toEqual(['a']);
});
