import { describe, expect, it } from 'vitest';
import { isPicture } from './dropped-files.ts';
import { findByHash } from './model-facts.ts';
import { MAX_HISTORY, remember, searchPrompts } from './prompt-history.ts';
import { mergeStyleLists, saveStyle } from './style-list.ts';
import { lineCountOf, namesOf } from './wildcard-contents.ts';
import { addLists, isListName, listNameOf, MAX_LISTS_LENGTH, putLists } from './wildcard-lists.ts';

const pair = (prompt: string, negativePrompt = '') => ({ prompt, negativePrompt });
const style = (name: string, prompt = '') => ({ name, prompt, negativePrompt: '' });

describe('prompt history', () => {
  it('puts the newest first, each once', () => {
    const history = ['a', 'b', 'a'].reduce<ReturnType<typeof remember>>(
      (entries, prompt) => remember(entries, pair(prompt)),
      [],
    );
    expect(history).toEqual([pair('a'), pair('b')]);
    expect(remember(history, pair('a', 'x'))).toHaveLength(3);
    expect(remember(history, pair(' ', ''))).toBe(history);
  });

  it('keeps a hundred', () => {
    let history: ReturnType<typeof remember> = [];
    for (let i = 0; i < 130; i++) history = remember(history, pair(`prompt ${i}`));
    expect(history).toHaveLength(MAX_HISTORY);
    expect([history[0], history.at(-1)]).toEqual([pair('prompt 129'), pair('prompt 30')]);
  });

  it('is searched by words', () => {
    const history = [pair('a red cat'), pair('a dog', 'Red eyes')];
    expect(searchPrompts(history, 'red')).toEqual(history);
    expect(searchPrompts(history, 'CAT  red')).toEqual([history[0]]);
  });
});

describe('styles', () => {
  const styles = [style('a'), style('b'), style('c')];

  it('are added, changed in their place and renamed', () => {
    expect(saveStyle(styles, style('d'))).toEqual([...styles, style('d')]);
    expect(saveStyle(styles, style('b', 'x'))).toEqual([style('a'), style('b', 'x'), style('c')]);
    expect(saveStyle(styles, style('z', 'x'), 'b')).toEqual([style('a'), style('z', 'x'), style('c')]);
  });

  it('take the place of another when renamed to its name', () => {
    expect(saveStyle(styles, style('c', 'x'), 'a')).toEqual([style('c', 'x'), style('b')]);
  });

  it('of a file replace those of the same name', () => {
    expect(mergeStyleLists(styles, [style('b', 'x'), style('e')])).toEqual({
      styles: [style('a'), style('b', 'x'), style('c'), style('e')],
      leftOut: 0,
    });
  });
});

describe('wildcard lists', () => {
  it('have names that a prompt can hold', () => {
    for (const name of ['colour', 'animals/cat_breed', 'größe', 'a.b-c 2'])
      expect(isListName(name)).toBe(true);
    for (const name of ['', '_x', 'a__b', 'x_', '$', 'a|b', 'a'.repeat(300)])
      expect(isListName(name)).toBe(false);
    expect(listNameOf('hair colour.v2.txt')).toBe('hair colour.v2');
  });

  it('are called by the keys of a collection', () => {
    expect([listNameOf('a/more.yaml'), listNameOf('more.JSON')]).toEqual(['a/more.json', 'more.json']);
    expect(namesOf({ name: 'colour', text: 'red' })).toEqual(['colour']);
    expect(namesOf({ name: 'a/more.json', text: '{"light": {"soft": ["dawn"]}, "x": "y"}' })).toEqual([
      'a/light/soft',
      'a/x',
    ]);
    expect(namesOf({ name: 'more.json', text: '{' })).toEqual([]);
  });

  it('are sorted, one of a name', () => {
    const lists = putLists([{ name: 'b', text: '1' }], [{ name: 'a', text: '2' }]);
    expect(putLists(lists, [{ name: 'b', text: '3' }])).toEqual([
      { name: 'a', text: '2' },
      { name: 'b', text: '3' },
    ]);
    expect(lineCountOf({ name: 'a', text: '# no\r\none\r\n \ntwo' })).toBe(2);
  });

  it('a thousand are put in at once', () => {
    const lists = Array.from({ length: 1000 }, (_, i) => ({ name: `list ${i}`, text: String(i) }));
    expect(addLists([], lists)).toEqual({ lists: putLists([], lists), leftOut: 0 });
    const others = lists.map(({ text }) => ({ name: `other ${text}`, text }));
    expect(addLists(lists.slice(1), [...lists, ...others])).toMatchObject({ leftOut: 1000 });
    const long = { name: 'long', text: 'a'.repeat(MAX_LISTS_LENGTH) };
    expect(addLists(lists, [long])).toMatchObject({ leftOut: 1 });
  });
});

it('tells pictures from checkpoints', () => {
  expect(isPicture({ name: 'a.PNG', type: '' })).toBe(true);
  expect(isPicture({ name: 'image', type: 'image/webp' })).toBe(true);
  expect(isPicture({ name: 'holiday.safetensors', type: 'image/png' })).toBe(false);
  expect(isPicture({ name: 'model', type: '' })).toBe(false);
});

it('finds a model by the first digits of its hash', () => {
  const models = [
    { name: 'first', sha256: `0123456789${'a'.repeat(54)}`, oldHash: '6c24278c' },
    { name: 'second', sha256: 'b'.repeat(64), oldHash: '6c24278c' },
  ];
  expect(findByHash(models, '0123456789')).toEqual([models[0]]);
  expect(findByHash(models, ' BBBBBBBBBB ')).toEqual([models[1]]);
  expect(findByHash(models, 'bbbbbbbbb')).toEqual([]);
  expect(findByHash(models, 'bbbbbbbbbc')).toEqual([]);
  expect(findByHash(models, null)).toEqual([]);
  // Old hashes are no beginning of the new ones, and models may share one.
  expect(findByHash(models, 'bbbbbbbb')).toEqual([]);
  expect(findByHash(models, '6C24278C')).toEqual(models);
  expect(findByHash(models, '6c24278c', 'second')).toEqual([models[1], models[0]]);
});
