import { describe, expect, it } from 'vitest';
import { callOf, isCalledIn, withCall, withoutCall } from './add-on-words.ts';

type Model = Parameters<typeof isCalledIn>[1];
const model = (kind: string, name: string) => ({ name, detection: { kind } }) as Model;
const ink = model('lora', 'ink (v1.2)');
const fog = model('hypernetwork', 'fog');
const neg = model('embedding', 'bad-hands');
const end = (text: string) => ({ text, cursor: text.length });

describe('a call', () => {
  it('is written as A1111 does', () => {
    expect([callOf(ink, 0.8), callOf(fog, 1), callOf(neg, 1)]).toEqual([
      '<lora:ink (v1.2):0.8>',
      '<hypernet:fog:1>',
      'bad-hands',
    ]);
  });

  it('is found with any weight', () => {
    expect(isCalledIn('a <lyco:ink (v1.2):te=1:unet=0.5> b', ink)).toBe(true);
    expect(isCalledIn('a <lora:ink (v1.2)>', ink)).toBe(true);
    expect(isCalledIn('a <lora:ink (v1x2):1>', ink)).toBe(false);
    expect(isCalledIn('(Bad-Hands:1.2)', neg)).toBe(true);
    expect(isCalledIn('bad-hands-5', neg)).toBe(false);
  });

  it('goes in at the cursor, and out again', () => {
    const added = withCall({ text: 'a boat, at sea', cursor: 6 }, callOf(ink, 1), 'ink drawing', ' ');
    expect(added.text).toBe('a boat <lora:ink (v1.2):1> ink drawing, at sea');
    expect(added.text.slice(0, added.cursor)).toBe('a boat <lora:ink (v1.2):1> ink drawing');
    expect(withoutCall(added.text, ink, 'ink drawing', ' ')).toBe('a boat, at sea');
  });

  it('goes in with the separator of the settings', () => {
    const added = withCall(end('a boat'), callOf(fog, 0.5), '', ', ');
    expect(added.text).toBe('a boat, <hypernet:fog:0.5>');
    expect(withoutCall(added.text, fog, '', ', ')).toBe('a boat');
    expect(withCall(end(''), 'bad-hands', '', ', ').text).toBe('bad-hands');
    expect(withCall({ text: 'ab', cursor: 1 }, 'x', '', ' ').text).toBe('a x b');
  });

  it('leaves nothing of it where it stands first', () =>
    expect(withoutCall('<lora:ink (v1.2):1>, a boat <lora:ink (v1.2):0.3>', ink, '', ' ')).toBe('a boat'));
});
