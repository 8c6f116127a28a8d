import { expect, it } from 'vitest';
import { addOnTags, MOST_POSITIONS, parsePositions } from './trial-positions.ts';

it('reads positions in rising order, each once, and refuses what is none', () => {
  expect(parsePositions('1, 0 0.25;.5,1')).toEqual([0, 0.25, 0.5, 1]);
  expect(parsePositions('-0.5, 2')).toEqual([-0.5, 2]);
  for (const wrong of ['', ' , ', 'a', '1, b', 'Infinity', '1e999'])
    expect(parsePositions(wrong), wrong).toBeNull();
  const many = Array.from({ length: MOST_POSITIONS + 1 }, (_, i) => i);
  expect(parsePositions(many.join())).toBeNull();
  expect(parsePositions(many.slice(1).join())).toHaveLength(MOST_POSITIONS);
});

it('finds the add-ons of a prompt and gives each another weight', () => {
  const prompt =
    'a <lora:one:0.8> and <lyco:two> <hypernet:three:1> <lora:four:1:0.5:dyn=4:te=0.3> <other:x:1>';
  const tags = addOnTags(prompt);
  expect(tags.map(({ name }) => name)).toEqual(['one', 'two', 'three', 'four']);
  expect(tags[0]!.withWeight(0.25)).toBe(prompt.replace('<lora:one:0.8>', '<lora:one:0.25>'));
  expect(tags[1]!.withWeight(0)).toBe(prompt.replace('<lyco:two>', '<lyco:two:0>'));
  expect(tags[3]!.withWeight(2)).toBe(
    prompt.replace('<lora:four:1:0.5:dyn=4:te=0.3>', '<lora:four:2:dyn=4>'),
  );
  // What is written is found again.
  expect(addOnTags(tags[2]!.withWeight(-1))[2]!.withWeight(1)).toBe(prompt);
});

it('finds none in a prompt without', () => {
  expect(addOnTags('a lighthouse, <not one>, <lora:>')).toEqual([]);
});
