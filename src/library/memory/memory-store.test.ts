import { expect, it } from 'vitest';
import { expose, wrap } from 'comlink';
import { MemoryHost, type MemoryAccess } from './memory-host.ts';
import { memoryImages } from './memory-images.ts';
import { memoryStore } from './memory-store.ts';

/** As a worker reaches the page's memory. */
function borrowed(host: MemoryHost): { access: MemoryAccess; close: () => void } {
  const { port1, port2 } = new MessageChannel();
  expose(host, port1);
  const close = () => {
    port1.close();
    port2.close();
  };
  return { access: wrap<MemoryAccess>(port2), close };
}

it('holds values by key, in the order of their keys, apart from those who gave them', async () => {
  const store = memoryStore('models', () => host);
  const host = new MemoryHost();
  const value = { name: 'a', parts: [1] };
  await store.set('b', value);
  await store.set('a', new Blob(['weights']));
  value.parts.push(2);
  expect(await store.keys()).toEqual(['a', 'b']);
  expect(await store.get('b')).toEqual({ name: 'a', parts: [1] });
  expect((await store.entries()).map(([key]) => key)).toEqual(['a', 'b']);
  expect(await store.getMany(['b', 'c'])).toEqual([{ name: 'a', parts: [1] }, undefined]);
  await store.delete(['a', 'c']);
  expect(await store.keys()).toEqual(['b']);
});

it('a worker reads what the page wrote, and no change of either is lost', async () => {
  const host = new MemoryHost();
  const { access, close } = borrowed(host);
  const page = memoryStore('counts', () => host);
  const worker = memoryStore('counts', () => access);
  const count = (value: unknown) => (typeof value === 'number' ? value : 0) + 1;
  await Promise.all(
    Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? page : worker).change('n', count)),
  );
  expect(await worker.get('n')).toBe(40);
  expect(await page.change('n', () => undefined)).toBeUndefined();
  expect(await page.get('n')).toBe(40);
  close();
});

it('pictures are listed without a transaction of the browser', async () => {
  const images = memoryImages(new MemoryHost());
  const transaction = images.transaction(['entries', 'records'], 'readwrite');
  await transaction.objectStore('entries').put({ png: 1 }, 'x');
  await transaction.objectStore('records').put({ id: 'x' }, 'x');
  await transaction.done;
  expect(await images.getAllKeys('entries')).toEqual(['x']);
  expect(await images.transaction('records').store.get('x')).toEqual({ id: 'x' });
  expect(await images.transaction('thumbnails').store.getKey('x')).toBeUndefined();
  expect(await images.transaction('records').store.getKey('x')).toBe('x');
  await images.transaction('records').store.delete('x');
  expect(await images.getAll('records')).toEqual([]);
});
