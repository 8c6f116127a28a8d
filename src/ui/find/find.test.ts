import { describe, expect, it } from 'vitest';
import { find as t } from '../strings/find.ts';
import { find, notBuilt, type Findable } from './find.ts';

const THINGS: readonly Findable[] = [
  { kind: 'setting', title: 'Eta noise seed delta', line: 'Settings' },
  { kind: 'control', title: 'Seed', line: 'txt2img' },
  { kind: 'control', title: 'Variation seed', line: 'txt2img' },
  { kind: 'control', title: 'Clip skip', line: 'txt2img, Guidance' },
  { kind: 'setting', title: 'Theme', line: 'Settings, Appearance' },
  ...Array.from({ length: 100 }, (_, i): Findable => ({ kind: 'picture', title: `a seed ${i}`, line: '' })),
  ...notBuilt(),
];
const titles = (search: string) => find(search, THINGS).map(({ title }) => title);

describe('find', () => {
  it('puts the name that was typed first', () => {
    expect(titles('seed')[0]).toBe('Seed');
    expect(titles('clip skip')).toEqual(['Clip skip']);
    expect(titles('CLIP')).toContain('Clip skip');
  });

  it('knows what people call things', () => {
    expect(titles('ENSD')[0]).toBe('Eta noise seed delta');
    expect(titles('dark mode')).toEqual(['Theme']);
  });

  it('answers for what is not built yet, and leads nowhere', () => {
    for (const [search, title] of [
      ['hypernet', 'Hypernetworks'],
      ['prompt matrix', 'X/Y/Z plot'],
    ] as const) {
      const found = find(search, THINGS).find((thing) => thing.title === title);
      expect(found?.line).toMatch(/Not built yet/);
      expect(found?.run).toBeUndefined();
    }
  });

  it('lets no kind crowd out another, and finds nothing by nothing', () => {
    expect(titles('seed').filter((title) => title.startsWith('a seed'))).toHaveLength(8);
    expect(titles('  ')).toEqual([]);
    expect(titles('zzz')).toEqual([]);
  });

  it('takes short words only where a word begins', () => {
    expect(titles('ed')).toEqual([]);
  });
});

it('has words in lower case, for titles that are there once', () => {
  for (const { words } of [...t.synonyms, ...t.notYet]) expect(words).toBe(words.toLowerCase());
  expect(new Set(t.notYet.map(({ title }) => title)).size).toBe(t.notYet.length);
});
