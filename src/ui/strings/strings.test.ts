// Every text that the page says is in the table, and the table is whole.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { formatBytes } from '../format.ts';
import { area, speak, type Strings } from './language.ts';
import { date, number, plural } from './locale.ts';
import * as english from './en/index.ts';

/** Attributes of elements and props of components that a person reads. */
const READ = new Set([
  'aria-label',
  'aria-description',
  'title',
  'placeholder',
  'alt',
  'label',
  'what',
  'hint',
]);
/** Written the same in every language: names of keys, of files, of formats. */
const SAME_EVERYWHERE = new Set(['Ctrl ↵', 'styles.csv', 'CFG']);

/** Fields of objects in programs that are shown. */
const SHOWN_FIELDS = new Set(['label', 'title', 'hint', 'message', 'line']);
const NOT_SAID = new Set([
  // Names in parameters texts, which are data.
  ...['Model hash', 'Schedule type', 'Styles array', 'Variation seed'],
  // Names in the recipe of a merge, which are data, too.
  ...['No interpolation', 'Weighted sum', 'Add difference'],
  // Mistakes of ours.
  ...['A job is running already.', 'Neither a file nor a folder.', 'There are no pictures.'],
]);

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(nodesIn);
  return isNode(value) ? [value, ...inner] : inner;
}

/** Texts that an expression may come to, as far as they stand in it. */
function literalsOf(expression: unknown): string[] {
  if (!isNode(expression)) return [];
  const { type } = expression;
  if (type === 'Literal') return typeof expression['value'] === 'string' ? [expression['value']] : [];
  if (type === 'ConditionalExpression')
    return [...literalsOf(expression['consequent']), ...literalsOf(expression['alternate'])];
  if (type === 'LogicalExpression' || type === 'BinaryExpression')
    return [...literalsOf(expression['left']), ...literalsOf(expression['right'])];
  if (type === 'TemplateLiteral') {
    const quasis = expression['quasis'] as readonly { readonly value: { readonly raw: string } }[];
    return [
      ...quasis.map(({ value }) => value.raw),
      ...(expression['expressions'] as Node[]).flatMap(literalsOf),
    ];
  }
  return [];
}

/** What a part of a template puts before a person's eyes: texts, and expressions among them. */
function shownBy(parts: unknown): string[] {
  return (Array.isArray(parts) ? parts : [parts]).filter(isNode).flatMap((part) => {
    if (part.type === 'Text') return [String(part['data'])];
    return part.type === 'ExpressionTag' ? literalsOf(part['expression']) : [];
  });
}

/** Texts of a component that are not in the table. */
function rawTexts(source: string): string[] {
  const { fragment } = parse(source, { modern: true });
  const shown = nodesIn(fragment).flatMap((node) => {
    if (node.type === 'Fragment') return shownBy(node['nodes']);
    return node.type === 'Attribute' && READ.has(String(node['name'])) ? shownBy(node['value']) : [];
  });
  return shown.map((text) => text.trim()).filter((text) => /\p{L}/u.test(text) && !SAME_EVERYWHERE.has(text));
}

/** Texts in a program: fields that are shown, and sentences, which begin with a capital letter and go on after a space. */
function rawSentences(program: string): string[] {
  const { instance } = parse(`<script lang="ts">${program}</script>`, { modern: true });
  const found = nodesIn(instance).flatMap((node) => {
    if (node.type === 'Property') {
      const name = isNode(node['key']) ? String(node['key']['name']) : '';
      return SHOWN_FIELDS.has(name) ? literalsOf(node['value']).filter((text) => /\p{L}/u.test(text)) : [];
    }
    const text =
      node.type === 'TemplateElement' ? (node['value'] as { readonly raw: string }).raw : node['value'];
    return typeof text === 'string' && /^\p{Lu}\S* .*\p{L}{3}/su.test(text) ? [text] : [];
  });
  return [...new Set(found)].filter((text) => !NOT_SAID.has(text));
}

const LATER = /Function|Method|PropertyDefinition/;

/** Names of texts that a module asks for while it is loaded, when the language is not known yet. */
function askedTooEarly(program: string): string[] {
  const { instance } = parse(`<script lang="ts">${program}</script>`, { modern: true });
  const tables = new Set<unknown>();
  for (const node of nodesIn(instance)) {
    if (node.type !== 'ImportDeclaration') continue;
    const { value } = node['source'] as { readonly value: string };
    if (!value.includes('strings/')) continue;
    for (const { local } of node['specifiers'] as { readonly local: Node }[]) tables.add(local['name']);
  }
  const asked = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(asked);
    if (typeof value !== 'object' || value === null) return [];
    if (!isNode(value)) return Object.values(value).flatMap(asked);
    // Types ask for nothing.
    if (LATER.test(value.type) || value.type.startsWith('TS')) return [];
    const { object, property } = value as { readonly object?: Node; readonly property?: Node };
    if (value.type === 'MemberExpression' && object?.type === 'Identifier' && tables.has(object['name'])) {
      return [String(property?.['name'])];
    }
    return Object.values(value).flatMap(asked);
  };
  return asked(instance);
}

describe('the guard', () => {
  it.each([
    ['<p>Raw {name}</p>', ['Raw']],
    ['{#if a}<b>{x ? "On" : t.off}</b>{/if}', ['On']],
    ['<Field label="Name" />', ['Name']],
    ['<i aria-label="Of {name}"></i>', ['Of']],
    ['<i title={a ?? `Size ${b}`}></i>', ['Size']],
    ['{#snippet s()}{a && "Yes"}{/snippet}', ['Yes']],
  ])('finds the text in %s', (source, found) => expect(rawTexts(source)).toEqual(found));

  it('passes over what nobody reads', () => {
    expect(rawTexts('<p class="card">{t.a}: {n === "x" ? t.b : 3} · <kbd>Ctrl ↵</kbd></p>')).toEqual([]);
  });

  it('finds what is asked for too early', () => {
    const program = `import { create as t } from '../strings/create.ts';
      type Key = keyof typeof t.modes;
      const later = () => t.later, own = other.text, early = [{ label: t.early }];
      class Shown { readonly title = t.title; tell() { return t.told; } }`;
    expect(askedTooEarly(program)).toEqual(['early']);
  });

  it('finds sentences in programs', () => {
    const program = "say('Not here', `The file ${name}`, 'no-code', { label: 'Undo', id: 'Prompt' })";
    expect(rawSentences(program)).toEqual(['Not here', 'The file ', 'Undo']);
  });
});

const files = readdirSync('src/ui', { recursive: true, encoding: 'utf8' }).map((file) =>
  join('src/ui', file),
);

const components = files.filter((file) => file.endsWith('.svelte'));
const programs = files.filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.includes('strings'));

it.each(components)('%s takes its texts from the table', (file) => {
  const source = readFileSync(file, 'utf8');
  const scripts = [...source.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, program]) => program ?? '');
  expect([...rawTexts(source), ...scripts.flatMap(rawSentences)]).toEqual([]);
});

it.each(programs)('%s takes its texts from the table, when it says them', (file) => {
  const program = readFileSync(file, 'utf8');
  expect(rawSentences(program)).toEqual([]);
  expect(askedTooEarly(program)).toEqual([]);
});

/** Every text of a table, with its place in it. */
function entries(value: unknown, place: string): [place: string, text: unknown][] {
  if (typeof value !== 'object' || value === null) return [[place, value]];
  return Object.entries(value).flatMap(([key, inner]) => entries(inner, `${place}.${key}`));
}

describe('the table', () => {
  it('has every area of the folder', () => {
    const areas = readdirSync('src/ui/strings/en').map((file) => file.replace('.ts', ''));
    expect([...Object.keys(english), 'index'].sort()).toEqual(areas.sort());
  });

  it('has no text that says nothing', () => {
    const all = entries(english, 'en');
    expect(all.length).toBeGreaterThan(500);
    const bad = all.filter(([, text]) => typeof text !== 'function' && !/\S/.test(String(text)));
    expect(bad).toEqual([]);
  });
});

describe('another language', () => {
  /** Every text in brackets. */
  function bracketed(value: unknown): unknown {
    if (typeof value === 'string') return `[${value}]`;
    if (typeof value === 'function') return (...given: unknown[]) => bracketed(value(...given));
    if (Array.isArray(value)) return value.map(bracketed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bracketed(inner)]));
  }

  it('takes the place of English, in areas that are loaded before and after it', async () => {
    const before = area('common', english.common);
    expect(before.cancel).toBe('Cancel');
    await speak('de-DE', ['fr-FR', 'de-AT'], { de: async () => bracketed({ ...english }) as Strings });
    expect(before.cancel).toBe('[Cancel]');
    expect(before.deleteNamed('x')).toBe('[Delete x]');
    expect(area('places', english.places).tab.gallery).toBe('[Gallery]');
    // Numbers as the person's own form of that language has them.
    expect(formatBytes(4.27e9)).toBe('4,27 [GB]');
  });

  it.each([
    ['en', ['de-DE', 'en-GB'], '31/12/1999'],
    ['en-US', ['de-DE'], '12/31/1999'],
    ['nl', ['nl-NL', 'en-GB'], '31/12/1999'],
    ['constructor', [], '12/31/1999'],
  ])('%s of %j is English where it is not there', async (tag, preferred, written) => {
    await speak(tag, preferred, {});
    expect(date(new Date(1999, 11, 31).getTime())).toBe(written);
    expect(number(1204)).toBe('1,204');
  });

  it('is English where it cannot be loaded', async () => {
    await speak('de', ['de-DE'], { de: () => Promise.reject(new Error('no network')) });
    expect(number(1204)).toBe('1,204');
  });

  it('has its own plurals', async () => {
    const forms = { one: 'one', few: 'few', other: 'other' };
    expect([0, 1, 3, 5].map((count) => plural(count, forms))).toEqual(['other', 'one', 'other', 'other']);
    await speak('pl', [], { pl: async () => english });
    expect([0, 1, 3, 5].map((count) => plural(count, forms))).toEqual(['other', 'one', 'few', 'other']);
  });
});
