import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, beneath, hashOf, OVERLAYS, parseAddress } from './address.ts';
import { PLACES, placeOf, type TabId } from './places.ts';
import { places } from '../strings/places.ts';

const tabs: readonly TabId[] = PLACES.flatMap((place) => place.tabs.map(({ id }) => id));

describe('addresses', () => {
  it('come back as they were, whatever stands in them', () => {
    const item = fc.option(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }));
    const address = fc.record({
      tab: fc.constantFrom(...tabs),
      item,
      overlay: fc.option(fc.constantFrom(...OVERLAYS)),
    });
    fc.assert(
      fc.property(address, (one) => {
        expect(parseAddress(hashOf(one))).toEqual(one);
      }),
    );
  });

  it.each(['', '#', '#/', '#/no-such-tab/x', '#main', '#/__proto__', '#//', '#/constructor/a'])(
    'show the first tab for %j',
    (hash) => expect(parseAddress(hash)).toEqual(addressOf('txt2img')),
  );

  it('pass over what cannot be read', () => {
    expect(parseAddress('#/gallery/%E0%A4%A')).toEqual(addressOf('gallery'));
    expect(parseAddress(`#/gallery/${'a'.repeat(401)}`)).toEqual(addressOf('gallery'));
    expect(parseAddress('#/gallery/a?no-such-window')).toEqual(addressOf('gallery', 'a'));
  });

  it('close from the top', () => {
    const all = addressOf('gallery', 'a', 'keys');
    expect(beneath(all)).toEqual(addressOf('gallery', 'a'));
    expect(beneath(addressOf('gallery', 'a'))).toEqual(addressOf('gallery'));
    expect(beneath(addressOf('gallery'))).toBeNull();
  });
});

describe('places', () => {
  it('hold every tab once', () => {
    expect(new Set(tabs).size).toBe(tabs.length);
    for (const place of PLACES) for (const { id } of place.tabs) expect(placeOf(id).id).toBe(place.id);
  });

  it("show A1111's eight names", () => {
    const labels = PLACES.flatMap((place) => place.tabs.map(({ id }) => places.tab[id]));
    const names = 'txt2img,img2img,Extras,PNG Info,Checkpoint Merger,Train,Settings,Extensions'.split(',');
    expect(labels).toEqual(expect.arrayContaining(names));
  });
});
