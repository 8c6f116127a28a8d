import { expect, it } from 'vitest';
import { keepUnchanged, parseImage, parseRecord, recordOf } from './image-record.ts';
import { thumbnailSize } from './thumbnails.ts';

const IMAGE = {
  id: 'a',
  createdAt: 5,
  width: 512,
  height: 768,
  seed: 7,
  modelHash: 'abc',
  parameters: 'a fox',
  png: new Blob(['12345']),
};

it('a record tells all of a picture but its pixels', () => {
  const { png, ...rest } = IMAGE;
  const record = recordOf(IMAGE);
  expect(record).toEqual({ ...rest, byteLength: png.size, favourite: false, deletedAt: null });
  expect(parseRecord('a', structuredClone(record))).toEqual(record);
  expect(parseImage('a', IMAGE)).toBe(IMAGE);
});

it('believes nothing else', () => {
  const record = recordOf(IMAGE);
  const damaged = [
    undefined,
    null,
    'a',
    [],
    {},
    IMAGE,
    { ...record, id: 'b' },
    { ...record, createdAt: '5' },
    { ...record, seed: NaN },
    { ...record, parameters: undefined },
    { ...record, parameters: 'x'.repeat(1_000_001) },
    { ...record, deletedAt: undefined },
  ];
  for (const value of damaged) expect(parseRecord('a', value)).toBeNull();
  for (const value of [record, { ...IMAGE, png: 'bytes' }, { ...IMAGE, id: 'b' }]) {
    expect(parseImage('a', value)).toBeNull();
  }
});

it('keeps the objects of what did not change', () => {
  const [a, b] = [recordOf(IMAGE), recordOf({ ...IMAGE, id: 'b' })];
  const damaged = { id: 'c', damaged: true } as const;
  const next = [{ ...a }, { ...b, favourite: true }, { ...damaged }];
  const kept = keepUnchanged([a, b, damaged], next);
  expect(kept[0]).toBe(a);
  expect(kept[1]).toBe(next[1]);
  expect(kept[2]).toBe(damaged);
});

it('makes thumbnails of the picture’s proportions, never larger than it', () => {
  expect(thumbnailSize(512, 768)).toEqual({ width: 320, height: 480 });
  expect(thumbnailSize(2048, 2048)).toEqual({ width: 320, height: 320 });
  expect(thumbnailSize(64, 96)).toEqual({ width: 64, height: 96 });
  expect(thumbnailSize(2048, 64)).toEqual({ width: 960, height: 30 });
});
