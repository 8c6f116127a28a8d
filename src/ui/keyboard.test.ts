import { expect, it } from 'vitest';
import { type Keys, shortcutOf } from './keyboard.ts';

const press = (keys: Partial<Keys>) =>
  shortcutOf({
    key: 'Enter',
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    isComposing: false,
    ...keys,
  });

it.each([
  [{ ctrlKey: true }, 'generate'],
  [{ metaKey: true }, 'generate'],
  [{ ctrlKey: true, shiftKey: true }, 'queue'],
  [{ metaKey: true, shiftKey: true }, 'queue'],
  [{ shiftKey: true }, null],
  [{ key: 'Escape', shiftKey: true }, null],
  [{ altKey: true }, 'skip'],
  [{ key: 'Escape' }, 'interrupt'],
  [{}, null],
  [{ ctrlKey: true, altKey: true }, null],
  [{ ctrlKey: true, isComposing: true }, null],
  [{ key: 'Escape', isComposing: true }, null],
  [{ key: 'a', ctrlKey: true }, null],
] as const)('%o -> %s', (keys, shortcut) => expect(press(keys)).toBe(shortcut));
