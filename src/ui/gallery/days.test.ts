import { expect, it } from 'vitest';
import { daysOf } from './days.ts';
import { record } from './testing.ts';

const at = (day: number, hour: number) => new Date(2026, 4, day, hour).getTime();

it('puts together what was made on one day', () => {
  const times = [at(9, 23), at(9, 0), at(8, 23), at(2, 12)];
  const images = times.map((createdAt, index) => record(String(index), { createdAt }));
  expect(daysOf(images)).toEqual([
    { time: at(9, 23), first: 0, count: 2 },
    { time: at(8, 23), first: 2, count: 1 },
    { time: at(2, 12), first: 3, count: 1 },
  ]);
  expect(daysOf([])).toEqual([]);
});

it('keeps apart what has no time any more', () => {
  const images = [
    record('a', { createdAt: at(9, 1) }),
    { id: 'x', damaged: true as const },
    { id: 'y', damaged: true as const },
    record('b', { createdAt: NaN }),
    record('c', { createdAt: NaN }),
  ];
  expect(daysOf(images).map(({ first, count }) => [first, count])).toEqual([
    [0, 1],
    [1, 2],
    [3, 2],
  ]);
});
