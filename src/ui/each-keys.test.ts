// Svelte throws where two items of a list have one key, and texts that come from files, records or messages may well be
// the same: lists are keyed by what is unique by construction, or by the place in the list.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import { expect, it } from 'vitest';

/** Names of what is unique: keys of records, constants of ours, a row's number in a grid, an object itself. */
const IDENTITIES = new Set(['id', 'sha256', 'key', 'row', 'file']);

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

function eachBlocks(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(eachBlocks);
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(eachBlocks);
  return isNode(value) && value.type === 'EachBlock' ? [value, ...inner] : inner;
}

function badKeys(source: string): string[] {
  return eachBlocks(parse(source, { modern: true }).fragment)
    .map((block) => ({ key: block['key'], index: block['index'] }))
    .filter(({ key, index }) => {
      if (!isNode(key)) return false;
      const end = key.type === 'MemberExpression' ? key['property'] : key;
      const name = isNode(end) && end.type === 'Identifier' ? String(end['name']) : '';
      return name !== index && !IDENTITIES.has(name);
    })
    .map(({ key }) => source.slice(Number((key as Node)['start']), Number((key as Node)['end'])));
}

it('finds a text that is a key', () => {
  expect(badKeys('{#each notes as note (note)}{note}{/each}')).toEqual(['note']);
  expect(badKeys('<ul>{#each rows as { name } (name)}{name}{/each}</ul>')).toEqual(['name']);
  expect(badKeys('{#if a}{#each a as b (b.label)}{b}{/each}{/if}')).toEqual(['b.label']);
  expect(badKeys('{#each a as b (`${b.id}`)}{b}{/each}')).toEqual(['`${b.id}`']);
  expect(badKeys('{#each notes as note, index (index)}{note}{/each}')).toEqual([]);
  expect(badKeys('{#each models as model (model.sha256)}{model}{/each}')).toEqual([]);
});

const components = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.svelte'))
  .map((file) => join('src', file));

it('there are components', () => expect(components.length).toBeGreaterThan(10));

it.each(components)('%s keys its lists by what is unique', (file) => {
  expect(badKeys(readFileSync(file, 'utf8'))).toEqual([]);
});
