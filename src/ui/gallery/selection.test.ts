import { expect, it } from 'vitest';
import { extendTo, NOTHING, prune, selectAll, toggle, type Selection } from './selection.ts';

const ORDER = ['a', 'b', 'c', 'd', 'e', 'f'];
const idsOf = ({ ids }: Selection): string => ORDER.filter((id) => ids.has(id)).join('');

it('adds and takes single pictures', () => {
  const two = toggle(toggle(NOTHING, 'b'), 'd');
  expect(idsOf(two)).toBe('bd');
  expect(idsOf(toggle(two, 'b'))).toBe('d');
});

it('ranges from the last clicked one, either way, and moves the end of the range', () => {
  const start = toggle(toggle(NOTHING, 'a'), 'd');
  const right = extendTo(start, ORDER, 'f');
  expect(idsOf(right)).toBe('adef');
  const left = extendTo(right, ORDER, 'c');
  expect(idsOf(left)).toBe('acd');
  expect(idsOf(extendTo(left, ORDER, 'd'))).toBe('ad');
});

it('a range after taking one away leaves the rest', () => {
  const without = toggle(selectAll(ORDER), 'c');
  expect(idsOf(without)).toBe('abdef');
  expect(idsOf(extendTo(without, ORDER, 'd'))).toBe('abcdef');
});

it('without an anchor in sight the range is one picture', () => {
  expect(idsOf(extendTo(NOTHING, ORDER, 'c'))).toBe('c');
  const further = extendTo(extendTo(NOTHING, ORDER, 'c'), ORDER, 'e');
  expect(idsOf(further)).toBe('cde');
  expect(idsOf(extendTo(toggle(NOTHING, 'gone'), ORDER, 'b'))).toBe('b');
  expect(extendTo(NOTHING, ORDER, 'gone')).toBe(NOTHING);
});

it('all, and what is left of it when fewer are shown', () => {
  const all = selectAll(ORDER);
  expect(idsOf(all)).toBe('abcdef');
  const pruned = prune(all, ['b', 'e']);
  expect(idsOf(pruned)).toBe('be');
  // What is out of sight does not come back with a range.
  expect(idsOf(extendTo(pruned, ['b', 'e'], 'e'))).toBe('be');
  expect(selectAll([])).toEqual(NOTHING);
});
