import { expect, it } from 'vitest';
import { compareParameters, markDifferences } from './differences.ts';
import { factsOf } from './image-facts.ts';
import { record } from './testing.ts';

it('tells what differs and what is the same, prompts first', () => {
  const a = record('a', { prompt: 'fox, snow', seed: 1 });
  const b = record('b', { prompt: 'fox, rain', negative: 'blurry', seed: 2 });
  const rows = compareParameters([factsOf(a), factsOf(b)]);
  expect(rows.map(({ name }) => name).slice(0, 3)).toEqual(['Prompt', 'Negative prompt', 'Steps']);
  expect(rows.filter(({ same }) => !same)).toEqual([
    { name: 'Prompt', values: ['fox, snow', 'fox, rain'], same: false },
    { name: 'Negative prompt', values: ['', 'blurry'], same: false },
    { name: 'Seed', values: ['1', '2'], same: false },
  ]);
});

it('tells a field that one text lacks', () => {
  const a = record('a');
  const b = { ...record('b'), parameters: `${a.parameters}, Clip skip: 2` };
  const rows = compareParameters([a, b, a].map(factsOf));
  expect(rows.find(({ name }) => name === 'Clip skip')).toEqual({
    name: 'Clip skip',
    values: [null, '2', null],
    same: false,
  });
  expect(rows.some(({ name }) => name === 'Prompt')).toBe(false);
});

it('marks the parts of prompts that not all have, and loses no character', () => {
  const prompts = ['a fox, in snow, fog', 'a fox,\nin  rain,fog'];
  const marked = markDifferences(prompts);
  expect(marked.map((parts) => parts.map(({ text }) => text).join(''))).toEqual(prompts);
  expect(
    marked.map((parts) => parts.filter(({ different }) => different).map(({ text }) => text.trim())),
  ).toEqual([['in snow,'], ['in  rain,']]);
  expect(markDifferences(['', 'x'])).toEqual([[], [{ text: 'x', different: true }]]);
});
