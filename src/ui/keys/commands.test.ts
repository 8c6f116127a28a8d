import { describe, expect, it } from 'vitest';
import {
  chordFor,
  chordOf,
  commandOf,
  COMMANDS,
  conflictOf,
  parseKeyMap,
  spell,
  type Keys,
} from './commands.ts';

const press = (keys: Partial<Keys>): Keys => ({
  key: 'Enter',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...keys,
});

describe('keys that count anywhere', () => {
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
    [{ key: 'k', ctrlKey: true }, 'find'],
    [{ key: '?', shiftKey: true }, 'keys'],
    [{ key: 'Control', ctrlKey: true }, null],
  ] as const)('%o -> %s', (keys, command) => {
    expect(commandOf(press(keys), 'anywhere', {})).toBe(command);
  });
});

it('counts a key only where it belongs', () => {
  expect(commandOf(press({ key: 'z' }), 'viewer', {})).toBe('zoom');
  expect(commandOf(press({ key: 'z' }), 'anywhere', {})).toBeNull();
});

it('follows what the person chose', () => {
  const keys = { generate: 'Alt+G' };
  expect(commandOf(press({ key: 'g', altKey: true }), 'anywhere', keys)).toBe('generate');
  expect(commandOf(press({ ctrlKey: true }), 'anywhere', keys)).toBeNull();
  expect(chordFor('generate', keys)).toBe('Alt+G');
});

it('has no two commands for one key where both count', () => {
  for (const { id, chord } of COMMANDS) expect(conflictOf(id, chord, {})).toBeNull();
  expect(conflictOf('zoom', 'Escape', {})?.id).toBe('interrupt');
  expect(conflictOf('zoom', 'Ctrl+A', {})).toBeNull();
});

it('spells chords', () => {
  expect(spell('Ctrl+ArrowUp')).toBe('Ctrl + ↑');
  expect(spell('Ctrl++')).toBe('Ctrl + +');
  expect(spell(chordOf(press({ key: ' ' })) ?? '')).toBe('Space');
});

it('reads a stored map, and passes over what is none', () => {
  expect(parseKeyMap({ zoom: 'X', fit: '0', other: 'Y', save: 7 })).toEqual({ zoom: 'X' });
  for (const other of [null, 'x', [], JSON.parse('{"__proto__":{"zoom":"X"}}')]) {
    expect(parseKeyMap(other)).toEqual({});
  }
});
