import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListedImage } from '../../library/image-record.ts';
import { choicesIn, EVERYTHING, parseSearch, searchImages, type GalleryQuery } from './search.ts';
import { record } from './testing.ts';

const IMAGES: readonly ListedImage[] = [
  record('tower', {
    prompt: 'A Lighthouse at dusk, (fog:1.2)',
    seed: 42,
    model: 'dreamy v2',
    favourite: true,
  }),
  record('fox', {
    prompt: 'red fox\nin snow',
    negative: 'blurry, dusk',
    sampler: 'DPM++ 2M',
    schedule: 'Karras',
  }),
  record('bare', { seed: 420, sampler: 'DDIM' }),
  { id: 'broken', damaged: true },
];

function find(query: Partial<GalleryQuery>): string[] {
  return searchImages(IMAGES, { ...EVERYTHING, ...query }).map(({ id }) => id);
}

describe('parseSearch', () => {
  it('reads words, phrases, places and exclusions', () => {
    expect(parseSearch('Fog "at  Dusk" -snow Negative:blurry -model:"Dreamy v2" seed:7')).toEqual([
      { place: null, text: 'fog', excluded: false },
      { place: null, text: 'at  dusk', excluded: false },
      { place: null, text: 'snow', excluded: true },
      { place: 'negative', text: 'blurry', excluded: false },
      { place: 'model', text: 'dreamy v2', excluded: true },
      { place: 'seed', text: '7', excluded: false },
    ]);
  });

  it('passes over what is half typed, and takes unknown places as words', () => {
    expect(parseSearch('')).toEqual([]);
    expect(parseSearch('  "" - model: ')).toEqual([]);
    expect(parseSearch('lora:thing "open')).toEqual([
      { place: null, text: 'lora:thing', excluded: false },
      { place: null, text: 'open', excluded: false },
    ]);
  });

  it('never fails', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        for (const term of parseSearch(text)) expect(term.text).not.toBe('');
      }),
    );
  });
});

describe('searchImages', () => {
  it('finds everything, damaged records too, when nothing is asked', () => {
    expect(find({})).toEqual(['tower', 'fox', 'bare', 'broken']);
    expect(find({ order: 'oldest' })).toEqual(['broken', 'bare', 'fox', 'tower']);
  });

  it('wants every word, whatever the case, in prompt, model or sampler, but not in the negative prompt', () => {
    expect(find({ text: 'LIGHTHOUSE dusk' })).toEqual(['tower']);
    expect(find({ text: 'dusk' })).toEqual(['tower']);
    expect(find({ text: 'negative:dusk' })).toEqual(['fox']);
    expect(find({ text: 'dreamy' })).toEqual(['tower']);
    expect(find({ text: 'karras fox' })).toEqual(['fox']);
    expect(find({ text: 'abcdef0123' })).toEqual(['tower', 'fox', 'bare']);
    expect(find({ text: '-fox -sampler:ddim' })).toEqual(['tower']);
  });

  it('finds a seed as a whole', () => {
    expect(find({ text: '42' })).toEqual(['tower']);
    expect(find({ text: 'seed:420' })).toEqual(['bare']);
    expect(find({ text: 'prompt:42' })).toEqual([]);
  });

  it('narrows by model, sampler and favourites', () => {
    expect(find({ model: 'dreamy v2' })).toEqual(['tower']);
    expect(find({ sampler: 'DPM++ 2M Karras' })).toEqual(['fox']);
    expect(find({ favouritesOnly: true })).toEqual(['tower']);
    expect(find({ favouritesOnly: true, text: 'fox' })).toEqual([]);
  });
});

it('offers each model and sampler once', () => {
  expect(choicesIn([...IMAGES, ...IMAGES])).toEqual({
    models: ['dreamy v2', 'm'],
    samplers: ['DDIM', 'DPM++ 2M Karras', 'Euler'],
  });
});

it('knows a model that the text does not name by its hash', () => {
  const image = { ...record('x'), parameters: 'just a prompt' };
  expect(choicesIn([image])).toEqual({ models: ['abcdef0123'], samplers: [] });
  expect(searchImages([image], { ...EVERYTHING, text: 'just prompt' })).toHaveLength(1);
});
