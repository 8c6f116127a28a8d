import { expect, it } from 'vitest';
import { NO_CARD, parseCard, tidyFolder } from './add-on-cards.ts';

it('cards are read from anything', () => {
  for (const stored of [undefined, null, 7, 'x', [], { weight: 'x', triggers: 4, preview: {}, folder: 1 }])
    expect(parseCard(stored)).toEqual(NO_CARD);
  const card = {
    ...NO_CARD,
    activation: 'ink wash',
    weight: 0.7,
    triggers: ['ink'],
    folder: 'styles',
    favourite: true,
    preview: new Blob(['x']),
  };
  expect(parseCard({ ...card, later: 1 })).toEqual(card);
  expect(parseCard({ weight: 1e9, triggers: [1, 'a'], notes: 'x'.repeat(1e6) })).toMatchObject({
    weight: null,
    triggers: ['a'],
    notes: 'x'.repeat(10_000),
  });
});

it('folders are paths that lead nowhere else', () => {
  expect(tidyFolder(' styles\\ink / .././/v1 ')).toBe('styles/ink/v1');
  expect(tidyFolder('..')).toBe('');
});
