import { expect, it } from 'vitest';
import { stripComments } from './comments.ts';

it.each([
  ['a cat', 'a cat'],
  ['a cat # not a dog', 'a cat \n'],
  ['# all of it', '\n'],
  ['a\n# line\nb', 'a\nb'],
  ['a # x\nb', 'a \nb'],
  ['', ''],
])('strips comments from %j', (text, rest) => {
  expect(stripComments(text)).toBe(rest);
});
