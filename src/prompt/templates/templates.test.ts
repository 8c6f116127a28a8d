import { describe, expect, it } from 'vitest';
import { MAX_PROMPT_LENGTH, PromptTooLongError } from '../length.ts';
import { ExpansionBudget } from './budget.ts';
import { TemplateError, WildcardError } from './errors.ts';
import { Prompts, type TemplateOptions } from './expand.ts';
import { linesOf, WildcardLists } from './lists.ts';
import type { Method } from './nodes.ts';
import { DEFAULT_SYNTAX, parseTemplate } from './parse.ts';
import { collectionOfYaml } from './yaml.ts';

const LISTS = {
  colour: 'red\ngreen\n# a comment\n\nblue',
  'animals/cat_breed': '{siamese|persian} cat',
  'animals/dog': 'poodle',
  'plants/dog': 'dog rose',
  'cold colours': 'ice',
  loop: 'x __loop__ __loop__',
  circle: '__circle__',
  remark: '// nothing',
  long: 'a'.repeat(MAX_PROMPT_LENGTH / 2),
};

const listsOf = (texts: Readonly<Record<string, string>>) =>
  new WildcardLists(new Map(Object.entries(texts)));
const lists = listsOf(LISTS);

function first(
  template: string,
  method: Method = 'random',
  options: Partial<TemplateOptions> = {},
): string | null {
  return new Prompts(template, method, { lists, ...options }).next();
}

describe('lists', () => {
  it('are trimmed lines without remarks', () => {
    expect(linesOf('red\r\n  # no\n#no\rblue \n\n red # here\nred')).toEqual([
      'red',
      'blue',
      'red # here',
      'red',
    ]);
  });

  it.each([
    ['col*', ['blue', 'green', 'ice', 'red']],
    ['*/dog', ['dog rose', 'poodle']],
    ['animals/*', ['poodle', '{siamese|persian} cat']],
    ['c?l[!x]*', ['blue', 'green', 'ice', 'red']],
    ['dog', ['dog rose', 'poodle']],
    ['/colour/', ['blue', 'green', 'red']],
    ['[z-a]', []],
    ['none', []],
    ['../colour', []],
    ['a*b*c*d*e*f*g*h*i', []],
  ])('%s means %j', (name, texts) => {
    expect(lists.find(name).all.map(({ text }) => text)).toEqual(texts);
  });

  it('are sorted by what characters are, and each text counts once', () => {
    const found = listsOf({ a: '\u{1f408}\n\uff5e\nb\nb' }).find('a');
    expect(found.all.map(({ text }) => text)).toEqual(['b', '\uff5e', '\u{1f408}']);
  });
});

describe('collections', () => {
  const yaml = 'pets:\n  - cat\n  - 3::dog\n  - {text: bird, weight: 2}\n  - yes\n  - 7\nempty:\none: x\n';

  it('have a list for each key, with weights', () => {
    const found = listsOf({ 'zoo/all.json': collectionOfYaml('all.yaml', yaml) });
    expect(found.names()).toEqual(['zoo/one', 'zoo/pets']);
    expect(found.find('pets').all).toEqual([
      { text: 'bird', weight: 2 },
      { text: 'cat', weight: null },
      { text: 'dog', weight: 3 },
    ]);
    expect([...found.find('pets').repeated()]).toEqual(['bird', 'bird', 'cat', 'dog', 'dog', 'dog']);
  });

  it('say what is wrong with them', () => {
    expect(() => collectionOfYaml('a.yaml', 'a: [b')).toThrow('a.yaml cannot be read as YAML');
    expect(() => collectionOfYaml('a.yaml', '7')).toThrow('a.yaml holds no wildcard lists');
    const bombs = `a: &a [x, x]\n${Array.from('bcdefghijklmnop', (key, i) => `${key}: &${key} [${`*${'abcdefghijklmnop'[i]},`.repeat(9)}]`).join('\n')}`;
    expect(() => collectionOfYaml('a.yaml', bombs)).toThrow(WildcardError);
    expect(() => collectionOfYaml('a.yaml', '['.repeat(100_000))).toThrow(WildcardError);
    expect(() => listsOf({ 'a.json': '{' })).toThrow('The wildcard collection a.json is no JSON');
    const deep = `${'{"a":'.repeat(99)}"x"${'}'.repeat(99)}`;
    expect(() => listsOf({ 'a.json': deep })).toThrow('deep');
  });
});

describe('a template', () => {
  it.each([
    '{a|b',
    '$5',
    '50%',
    '${',
    '${}',
    'snake__case',
    '____',
    '{2$$$$a}',
    '${x}',
    '${x=${x}}${x}',
    '${x=1}',
    '{'.repeat(999),
  ])('is not %s', (text) => {
    expect(() => first(text)).toThrow(TemplateError);
  });

  it('says where it is broken', () => {
    expect(() => parseTemplate('a {b|c} {d|$}')).toThrow('“{d” at character 9');
  });

  it('can keep braces without a bar', () => {
    const syntax = { ...DEFAULT_SYNTAX, keepBraces: true };
    expect(first('{{a}} {b|b} {2$$__animals/dog__}', 'random', { syntax })).toBe('{{a}} b poodle');
  });

  it('keeps and names wildcards without a list', () => {
    const prompts = new Prompts('__~nothing__, {2$$__none__}', 'random', { lists });
    expect(prompts.next()).toBe('__nothing__, __none__');
    expect(prompts.missing).toEqual(['__nothing__', '__none__']);
  });

  it('gives nothing where there is nothing to combine', () => {
    expect(first('', 'combinatorial')).toBeNull();
    expect(first('__remark__', 'random')).toBe('');
  });
});

describe('hostile templates', () => {
  it.each(['__loop__', '__circle__', '{2$$__circle__}'])('%s has no end', (text) => {
    for (const method of ['random', 'combinatorial', 'cyclical'] as const) {
      expect(() => first(text, method)).toThrow(WildcardError);
    }
  });

  it.each(['__long__'.repeat(3), '{3$$__long__|a|a__long__b|__long__}', '__long__'.repeat(12_000)])(
    'stops before a prompt gets too long (%#)',
    (text) => {
      expect(() => first(text)).toThrow(PromptTooLongError);
    },
  );

  it('stops where all that follows has been there', () => {
    const prompts = new Prompts('{2$$__none__|a}', 'combinatorial', { lists });
    expect(prompts.next()).toBe('__none__,a');
    expect(() => prompts.next()).toThrow(PromptTooLongError);
  });

  it('counts over the whole request', () => {
    const budget = new ExpansionBudget();
    const all = () => {
      for (let i = 0; i < 1000; i++) first('__long__ x', 'random', { budget });
    };
    expect(all).toThrow(WildcardError);
  });

  it('ends combinations of more parts than can be', () => {
    expect(() => first('{a|b} '.repeat(5000), 'combinatorial')).toThrow(TemplateError);
    expect(() => first('{9$$a|b|c|d|e|f|g|h|i}'.repeat(3), 'combinatorial')).not.toThrow();
  });
});
