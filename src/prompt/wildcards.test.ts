import { describe, expect, it } from 'vitest';
import { expandWildcards } from './wildcards.ts';

const LISTS: Readonly<Record<string, readonly string[]>> = {
  colour: ['red', 'green', '# a comment', '', 'blue'],
  'animals/cat_breed': ['{siamese|persian} cat'],
  thing: ['__colour__ vase'],
  loop: ['x __loop__ __loop__'],
};

/** Draws these numbers, in a circle. */
function expand(text: string, ...draws: number[]): string {
  let i = 0;
  const random = (): number => draws[i++ % draws.length] ?? 0;
  return expandWildcards(text, { list: (name) => LISTS[name] ?? null, random }).text;
}

describe('expandWildcards', () => {
  it('puts a line of a list', () => {
    expect(expand('a __colour__ car', 0)).toBe('a red car');
    expect(expand('a __colour__ car', 0.99)).toBe('a blue car');
    expect(expand('__colour__ and __colour__', 0, 0.5)).toBe('red and green');
  });

  it('expands what it put', () => {
    expect(expand('a __animals/cat_breed__', 0.9)).toBe('a persian cat');
    expect(expand('__thing__', 0.4)).toBe('green vase');
  });

  it('picks a variant', () => {
    expect(expand('{a|b|c}', 0.5)).toBe('b');
    expect(expand('{a|{b|c}}', 0.9, 0)).toBe('b');
    expect(expand('{|very }old', 0)).toBe('old');
  });

  it('weighs variants', () => {
    expect(expand('{3::a|b}', 0.74)).toBe('a');
    expect(expand('{3::a|b}', 0.76)).toBe('b');
    expect(expand('{0::a|b}', 0)).toBe('b');
  });

  it('picks several, each once', () => {
    expect(expand('{2$$a|b|c}', 0, 0, 0)).toBe('a, b');
    expect(expand('{2$$ and $$a|b|c}', 0.99, 0.99)).toBe('c and b');
    expect(expand('{1-3$$a|b|c}', 0.99, 0, 0, 0)).toBe('a, b, c');
    expect(expand('{9$$a|b}', 0)).toBe('a, b');
  });

  it('leaves alone what is neither', () => {
    for (const text of [
      '{prompt}',
      '{{bird}}',
      '\\{a|b\\}',
      'snake__case',
      '__ x __',
      '{a|b',
      'a_b',
      '____',
    ]) {
      expect(expand(text, 0)).toBe(text);
    }
  });

  it('names the lists that are missing', () => {
    const { text, missing } = expandWildcards('__colour__ __nothing__', {
      list: (name) => LISTS[name] ?? null,
      random: () => 0,
    });
    expect(text).toBe('red __nothing__');
    expect(missing).toEqual(['nothing']);
  });

  it('ends with lists that call themselves', () => {
    expect(expand('__loop__', 0).length).toBeLessThanOrEqual(1_000_000);
  });
});
