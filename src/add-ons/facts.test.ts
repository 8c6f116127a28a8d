import { describe, expect, it } from 'vitest';
import {
  factsOfCivitai,
  factsOfMetadata,
  factsOfUserMetadata,
  MAX_FACT,
  MAX_TRIGGERS,
  thumbnailOf,
} from './facts.ts';

describe('what metadata tell', () => {
  it('are the tags that were used most, over all folders', () => {
    const json = JSON.stringify({ '5_a': { ink: 3, ' boat ': 9 }, '1_b': { ink: 8, fog: 'x' } });
    expect(factsOfMetadata(new Map([['ss_tag_frequency', json]]))).toEqual({ triggers: ['ink', 'boat'] });
  });
  it('are the phrase, where there is one', () => {
    const metadata = new Map([
      ['modelspec.trigger_phrase', ' ink wash '],
      ['ss_tag_frequency', '{"a":{"b":1}}'],
      ['ss_training_comment', 'rank 8'],
    ]);
    expect(factsOfMetadata(metadata)).toEqual({ triggers: ['ink wash'], notes: 'rank 8' });
  });
  it.each(['', '{', '[1,2]', '"x"', 'null', '{"a":null}', '{"a":{"":4,"b":"c"}}'])(
    'are nothing where they are %j',
    (json) => expect(factsOfMetadata(new Map([['ss_tag_frequency', json]]))).toEqual({}),
  );
  it('are bounded', () => {
    const tags = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`tag${i}`.padEnd(900, 'x'), i]));
    const { triggers = [] } = factsOfMetadata(new Map([['ss_tag_frequency', JSON.stringify({ a: tags })]]));
    expect(triggers).toHaveLength(MAX_TRIGGERS);
    expect(triggers.every(({ length }) => length <= 200)).toBe(true);
  });
  it('may have a picture', async () => {
    const told = (url: string) => thumbnailOf(new Map([['modelspec.thumbnail', url]]));
    const picture = told(`data:image/jpeg;base64,${btoa('abc')}`);
    expect([picture?.type, await picture?.text()]).toEqual(['image/jpeg', 'abc']);
    expect(told('data:text/html;base64,AAAA')).toBeNull();
    expect(told('data:image/png;base64,A')).toBeNull();
    expect(thumbnailOf(new Map())).toBeNull();
  });
});

describe('texts beside a file', () => {
  it('are what A1111 writes', () => {
    const json = JSON.stringify({
      description: 'Ink.',
      'sd version': 'SD1',
      'activation text': 'ink wash',
      'preferred weight': 0.7,
      'negative text': 'photo',
      notes: '',
    });
    expect(factsOfUserMetadata(json)).toEqual({
      description: 'Ink.',
      activation: 'ink wash',
      negative: 'photo',
      weight: 0.7,
    });
    expect(factsOfUserMetadata('{"preferred weight": 0}')).toEqual({});
  });
  it('are what Civitai answers', () => {
    const json = JSON.stringify({
      modelId: 1,
      trainedWords: ['ink wash', 4, ''],
      model: { description: '<p>A &amp; B</p><script>x</script>' },
    });
    expect(factsOfCivitai(json)).toEqual({ triggers: ['ink wash'], description: 'A & B\nx' });
  });
  it.each(['', '{', '[]', 'null', '7', '{"a":1}', `"${'x'.repeat(MAX_FACT)}"`])('or nothing: %j', (json) => {
    expect(factsOfUserMetadata(json)).toBeNull();
    expect(factsOfCivitai(json)).toBeNull();
  });
});
