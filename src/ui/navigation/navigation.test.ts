import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { Navigation, type BrowserHistory } from './navigation.svelte.ts';

/** A window's history, whose way back takes a turn of the event loop, as a browser's does. */
function browser(hash = ''): BrowserHistory & { readonly entries: string[] } {
  const stack: { hash: string; state: unknown }[] = [{ hash, state: null }];
  const listeners = new Set<() => void>();
  let at = 0;
  return {
    get entries() {
      return stack.slice(0, at + 1).map((entry) => entry.hash);
    },
    location: {
      get hash() {
        return stack[at]!.hash;
      },
    },
    history: {
      get state(): unknown {
        return stack[at]!.state;
      },
      pushState(state, _unused, url) {
        stack.splice(++at, Infinity, { hash: String(url), state });
      },
      replaceState(state, _unused, url) {
        stack[at] = { hash: String(url), state };
      },
      back() {
        setTimeout(() => {
          if (at > 0) at -= 1;
          for (const listener of listeners) listener();
        });
      },
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('navigation', () => {
  it('closes what was opened by going back, once, however many ask for it', async () => {
    const window = browser();
    const navigation = new Navigation(window);
    navigation.follow();
    navigation.go(addressOf('models'));
    navigation.go(addressOf('gallery'));
    navigation.open('a');
    navigation.close();
    navigation.close();
    await turn();
    expect(navigation.address).toEqual(addressOf('gallery'));
    expect(window.entries).toEqual(['', '#/models', '#/gallery']);
  });

  it('goes elsewhere after the way back that is under way', async () => {
    const window = browser();
    const navigation = new Navigation(window);
    navigation.follow();
    navigation.go(addressOf('gallery'));
    navigation.open('a');
    navigation.close();
    navigation.go(addressOf('png-info'));
    await turn();
    expect(navigation.address).toEqual(addressOf('png-info'));
    expect(window.entries).toEqual(['', '#/gallery', '#/png-info']);
  });

  it('closes what a link led to without leaving the page', () => {
    const window = browser('#/gallery/a');
    const navigation = new Navigation(window);
    navigation.follow();
    expect(navigation.address).toEqual(addressOf('gallery', 'a'));
    navigation.close();
    expect(navigation.address).toEqual(addressOf('gallery'));
    expect(window.entries).toEqual(['#/gallery']);
  });

  it('turns pages without an entry for each, and comes back to the tab a place showed last', async () => {
    const window = browser();
    const navigation = new Navigation(window);
    navigation.follow();
    navigation.go(addressOf('gallery'));
    navigation.open('a');
    navigation.turn('b');
    navigation.turn('c');
    expect(window.entries).toEqual(['', '#/gallery', '#/gallery/c']);
    navigation.openOverlay('keys');
    navigation.close();
    await turn();
    expect(navigation.address).toEqual(addressOf('gallery', 'c'));
    navigation.go(addressOf('png-info'));
    navigation.go(addressOf('txt2img'));
    expect(navigation.place).toBe('create');
    const pictures = {
      id: 'pictures',
      icon: 'pictures',
      tabs: [{ id: 'gallery', built: true }],
    } as const;
    expect(navigation.tabIn(pictures)).toBe('png-info');
  });
});
