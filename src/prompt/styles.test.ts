import { describe, expect, it } from 'vitest';
import { MAX_FIELD, parseCsv } from './csv.ts';
import { findStyles } from './find-styles.ts';
import { MAX_PROMPT_LENGTH, PromptTooLongError } from './length.ts';
import { applyStyles, StylesError, mergeStyle, parseStylesCsv } from './styles.ts';

describe('parseCsv', () => {
  it.each([
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a\r\nb\rc\n', [['a'], ['b'], ['c']]],
    ['"a ""b""\n",c', [['a "b"\n', 'c']]],
    ['a"b",c', [['a"b"', 'c']]],
    ['"a"b",c', [['ab"', 'c']]],
    [
      'a,\n\n\r\n,\n\n',
      [
        ['a', ''],
        ['', ''],
      ],
    ],
    ['\n\na', [[], ['a']]],
    ['"open\nend', [['open\nend']]],
    ['a, "b, c" ,d', [['a', 'b, c ', 'd']]],
  ])('reads %j', (text, rows) => {
    expect(parseCsv(text)).toEqual(rows);
  });

  it('refuses a field without end', () => {
    expect(() => parseCsv(`"${'a'.repeat(MAX_FIELD + 1)}`)).toThrow('quote missing');
  });
});

describe('styles', () => {
  it.each(['<html><body>\nx', 'name\nx', 'prompt,negative_prompt\na,b'])('refuses %j', (text) => {
    expect(() => parseStylesCsv(text)).toThrow(StylesError);
  });

  it('takes the prompt literally', () => {
    expect(mergeStyle('x {prompt}', "$& $1 $'")).toBe("x $& $1 $'");
  });

  it('refuses before it builds what is too long', () => {
    const place = '{prompt}';
    expect(mergeStyle(place.repeat(4), 'a'.repeat(MAX_PROMPT_LENGTH / 4))).toHaveLength(MAX_PROMPT_LENGTH);
    // In full these would be 10^11 characters.
    expect(() => mergeStyle(place.repeat(1e6), 'a'.repeat(1e5))).toThrow(PromptTooLongError);
    expect(() => mergeStyle('x', 'a'.repeat(MAX_PROMPT_LENGTH))).toThrow(PromptTooLongError);
    const doubling = Array.from({ length: 60 }, (_, i) => ({
      name: String(i),
      prompt: place.repeat(2),
      negativePrompt: '',
    }));
    const all = doubling.map(({ name }) => name);
    expect(() => applyStyles(doubling, all, { prompt: 'ab', negativePrompt: '' })).toThrow(
      PromptTooLongError,
    );
  });
});

describe('findStyles', () => {
  const styles = (count: number, prompt: (i: number) => string, negativePrompt: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => ({
      name: `style ${i}`,
      prompt: prompt(i),
      negativePrompt: negativePrompt(i),
    }));

  it.each([
    ['in the list\u2019s order', (i: number) => i],
    ['the other way round', (i: number) => 9999 - i],
  ])('finds ten thousand that are all there, %s', (_, order) => {
    const list = styles(
      10_000,
      (i) => `word${order(i)}, fine`,
      (i) => (i % 2 ? '' : `no${order(i)}`),
    );
    const text = (parts: string[]) => ['cat', ...parts.filter((part) => part !== '')].join(', ');
    const sorted = [...list].sort((a, b) => Number(a.prompt.slice(4, -6)) - Number(b.prompt.slice(4, -6)));
    const { found, rest } = findStyles(list, {
      prompt: text(sorted.map(({ prompt }) => prompt)),
      negativePrompt: text(sorted.map(({ negativePrompt }) => negativePrompt)),
    });
    expect(found).toEqual(sorted.map(({ name }) => name));
    expect(rest).toEqual({ prompt: 'cat', negativePrompt: 'cat' });
  });

  it('takes the first of the list where several fit', () => {
    const list = [
      { name: 'long', prompt: 'ink, dark', negativePrompt: '' },
      { name: 'short', prompt: 'dark', negativePrompt: '' },
      { name: 'around', prompt: 'a {prompt} of ink, dark', negativePrompt: '' },
    ];
    expect(findStyles(list, { prompt: 'a cat, ink, dark', negativePrompt: '' })).toMatchObject({
      found: ['long'],
      rest: { prompt: 'a cat' },
    });
  });

  it('gives up on lists made to take for ever', () => {
    const list = styles(
      10_000,
      (i) => `${i}${'x'.repeat(100)}`,
      () => '',
    );
    const prompt = list.map((style) => style.prompt).join(', ');
    const { found, rest } = findStyles(list, { prompt, negativePrompt: '' });
    expect(found.length).toBeGreaterThan(0);
    expect(rest.prompt.length).toBeLessThan(prompt.length);
  });
});
