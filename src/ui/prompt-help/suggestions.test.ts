import { describe, expect, it } from 'vitest';
import type { StoredModel } from '../../library/types.ts';
import { chosenWord, networksFor, ownFor, tagsFor, wildcardsFor } from './suggestions.ts';

const model = (kind: string, name: string) =>
  ({ name, detection: { kind, supported: true } }) as unknown as StoredModel;
const MODELS = [
  model('lora', 'add_detail'),
  model('lora', 'Pixel Art'),
  model('hypernetwork', 'oil_paint'),
  model('embedding', 'EasyNegative'),
  model('sd1', 'dreamy'),
];
const names = (typed: string) =>
  networksFor(typed, MODELS, ({ name }) => `<${name}>`).map(({ name }) => name);

describe('suggestions', () => {
  it('after < are all add-ons, or those of a kind', () => {
    expect(names('')).toEqual(['add_detail', 'EasyNegative', 'oil_paint', 'Pixel Art']);
    expect(names('l:')).toEqual(['add_detail', 'Pixel Art']);
    expect(names('lora:pix')).toEqual(['Pixel Art']);
    expect(names('h:oil')).toEqual(['oil_paint']);
    expect(names('easy')).toEqual(['EasyNegative']);
    expect(names('ai')).toEqual(['add_detail', 'oil_paint']);
    expect(names('lora:add_detail:0.5')).toEqual([]);
    expect(names('x:a')).toEqual([]);
  });

  it('after __ are lists', () => {
    expect(wildcardsFor('an', ['animals/cats', 'colours', 'human'])).toMatchObject([
      { words: '__animals/cats__' },
      { words: '__human__' },
    ]);
  });

  it('of a word are embeddings, styles and tags that begin so', () => {
    const at = (typed: string) => ({ kind: 'word' as const, typed, start: 0 });
    expect(ownFor(at('neg'), ['bad-neg', 'negroni', 'xneg'], ['My negatives'])).toMatchObject([
      { name: 'bad-neg', words: 'bad-neg', listed: true },
      { name: 'negroni' },
      { kind: 'style', name: 'My negatives', words: '' },
    ]);
    expect(ownFor(at('my_neg'), [], ['My negatives'])).toHaveLength(1);
    const tag = { name: 'cat_ears', category: '0', count: '12', alias: 'nekomimi' };
    expect(tagsFor([tag], (alias) => `from ${alias}`, String)).toMatchObject([
      { name: 'cat ears', note: 'from nekomimi, 12', words: 'cat ears' },
    ]);
  });

  it('are for the longest run of words that has any', () => {
    expect(chosenWord([[], [1]], -1)).toBe(1);
    expect(chosenWord([[], [1]], 0)).toBe(0);
    expect(chosenWord([[], []], 1)).toBe(1);
    expect(chosenWord([[], []], -1)).toBe(-1);
  });
});
