import { expect, it } from 'vitest';
import { parseExtraNetworks, withAddedNetworks } from './extra-networks-choice.ts';

it('settings of extra networks are read from anything', () => {
  const standard = { multiplier: 1, separator: ' ', addLora: '', addHypernetwork: '' };
  for (const stored of [undefined, null, 4, [], { multiplier: 'x', separator: 1, addLora: null }])
    expect(parseExtraNetworks(stored)).toEqual(standard);
  expect(parseExtraNetworks({ multiplier: 7, separator: ', ', addLora: 'ink' })).toEqual({
    ...standard,
    multiplier: 2,
    separator: ', ',
    addLora: 'ink',
  });
});

it('tags of the settings are added to prompts that do not have them', () => {
  const choice = { multiplier: 0.8, separator: ' ', addLora: 'ink', addHypernetwork: 'fog' };
  const added = (prompt: string) => withAddedNetworks({ prompt }, choice).prompt;
  expect(added('a boat')).toBe('a boat<hypernet:fog:0.8><lora:ink:0.8>');
  expect(added('a boat <lyco:ink:1> <hypernet:fog>')).toBe('a boat <lyco:ink:1> <hypernet:fog>');
  const request = { prompt: 'a boat' };
  expect(withAddedNetworks(request, parseExtraNetworks(undefined))).toBe(request);
});
