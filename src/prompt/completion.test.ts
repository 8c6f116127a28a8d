import { describe, expect, it } from 'vitest';
import { complete, completingAt, wordsOfTag } from './completion.ts';
import { MAX_TAGS, TagIndex } from './tag-index.ts';

const at = (text: string) => completingAt(text, text.length);

describe('what is completed', () => {
  it.each([
    ['a boat <lo', 'network', 'lo', 7],
    ['a boat <lora:in', 'network', 'lora:in', 7],
    ['a __an', 'wildcard', 'an', 2],
    ['__colour__, __animals/ca', 'wildcard', 'animals/ca', 12],
  ])('%s', (text, kind, typed, start) => expect(at(text)).toEqual([{ kind, typed, start }]));

  it('is one word, or several', () => {
    expect(at('1girl, long h').map(({ typed }) => typed)).toEqual(['long_h']);
    expect(at('(blue ey').map(({ typed, start }) => [typed, start])).toEqual([
      ['blue_ey', 1],
      ['ey', 6],
    ]);
  });

  it.each(['', 'a', 'boat, ', '<lora:ink:1>', '__colour__ ', '(boat:1.2)'])('is nothing in %j', (text) =>
    expect(at(text)).toEqual([]),
  );
});

describe('completing', () => {
  it('writes tags as prompts have them', () => {
    expect(wordsOfTag('saber_(fate)')).toBe('saber \\(fate\\)');
    expect(wordsOfTag('^_^')).toBe('^_^');
  });
  it('puts a comma where there is none', () => {
    expect(complete('a ca, b', 4, { start: 2 }, 'cat', true)).toEqual({ text: 'a cat, b', cursor: 5 });
    expect(complete('a ca b', 4, { start: 2 }, 'cat', true)).toEqual({ text: 'a cat, b', cursor: 6 });
    expect(complete('a <in', 5, { start: 2 }, '<lora:ink:1>', false).text).toBe('a <lora:ink:1>');
  });
});

describe('a list of 200,000 tags', () => {
  const syllables = ['ka', 'to', 'mi', 're', 'su', 'no', 'ha', 'li', 've', 'da', 'po', 'gu'];
  const word = (n: number): string =>
    [0, 1, 2, 3, 4].map((digit) => syllables[Math.floor(n / 12 ** digit) % 12]).join('');
  const index = new TagIndex(
    Array.from({ length: MAX_TAGS + 10 }, (_, i) => `${word(i)}_x${i},0,${MAX_TAGS - i},`).join('\n'),
  );

  it('is kept up to its bound', () => expect(index.size).toBe(MAX_TAGS));

  it('is looked at where a word can be, and no longer than needed', () => {
    index.looked = 0;
    expect(index.find('ka', 10)).toHaveLength(10);
    expect(index.looked).toBe(10);
    index.looked = 0;
    expect(index.find('zz', 10)).toHaveLength(0);
    expect(index.looked).toBe(0);
    expect(index.find('katomi', 10)).toHaveLength(10);
    expect(index.looked).toBeLessThan(MAX_TAGS / 50);
  });
});
