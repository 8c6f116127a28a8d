import { expect, it } from 'vitest';
import { editOrder } from './edit-order.ts';
import { replacement } from './edited-text.ts';

/** Moves the item that holds `at`, and tells what is selected then. */
function move(text: string, at: string, direction: 'left' | 'right') {
  const start = text.indexOf(at);
  const moved = editOrder({ text, start, end: start + at.length }, direction);
  return moved && [moved.text, moved.text.slice(moved.start, moved.end)];
}

it('moves an item to the left and to the right', () => {
  expect(move('a, b, c', 'b', 'left')).toEqual([' b,a, c', ' b']);
  expect(move('a, b, c', 'b', 'right')).toEqual(['a, c, b', ' b']);
  expect(move('a, b, c', 'a', 'right')).toEqual([' b,a, c', 'a']);
});

it('moves several items together', () => {
  expect(move('a, b, c, d', 'b, c', 'right')).toEqual(['a, d, b, c', ' b, c']);
  expect(move('a, b, c, d', 'b, c', 'left')).toEqual([' b, c,a, d', ' b, c']);
});

it('does nothing at the edges', () => {
  expect(move('a, b', 'a', 'left')).toBeNull();
  expect(move('a, b', 'b', 'right')).toBeNull();
  expect(move('a, b', 'a, b', 'right')).toBeNull();
});

it('finds the smallest replacement', () => {
  expect(replacement('a red cat', 'a (red:1.1) cat')).toEqual({ start: 2, end: 5, text: '(red:1.1)' });
  expect(replacement('aaa', 'aa')).toEqual({ start: 2, end: 3, text: '' });
  expect(replacement('same', 'same')).toEqual({ start: 4, end: 4, text: '' });
});
