import { describe, expect, it } from 'vitest';
import { MAX_PROMPT_LENGTH, PromptTooLongError } from './length.ts';
import { linesOf, WildcardError, WildcardLists } from './wildcard-lists.ts';
import { ExpansionBudget, expandWildcards, type WildcardOptions } from './wildcards.ts';

const LISTS = {
  colour: 'red\ngreen\n# a comment\n\nblue',
  'animals/cat_breed': '{siamese|persian} cat',
  'animals/dog': 'poodle',
  'plants/dog': 'dog rose',
  'cold colours': 'ice',
  weighed: '3::a\nb',
  thing: '__colour__ vase',
  house: '${colour:grey} house',
  loop: 'x __loop__ __loop__',
  long: 'a'.repeat(MAX_PROMPT_LENGTH / 2),
};

const listsOf = (texts: Readonly<Record<string, string>>) =>
  new WildcardLists(new Map(Object.entries(texts)));

/** Draws these numbers, in a circle. */
function drawing(...draws: number[]): () => number {
  let i = 0;
  return () => draws[i++ % draws.length] ?? 0;
}

function expand(text: string, ...draws: number[]): string {
  return expandWildcards(text, { lists: listsOf(LISTS), random: drawing(...draws) }).text;
}

describe('lists', () => {
  it('are trimmed lines, each once, without remarks', () => {
    expect(linesOf('red\r\n  # no\n#no\rblue \n\n red # here\nred')).toEqual(['red', 'blue', 'red # here']);
    expect(
      listsOf({ a: 'red #1\n blue' })
        .find('a')
        .options.map(({ text }) => text),
    ).toEqual(['red ', 'blue']);
  });

  it.each([
    ['col*', ['red', 'green', 'blue', 'ice']],
    ['*/dog', ['poodle', 'dog rose']],
    ['animals/*', ['{siamese|persian} cat', 'poodle']],
    ['*', ['red', 'green', 'blue', 'ice']],
    ['c?l[!x]*', ['red', 'green', 'blue', 'ice']],
    ['**/dog', ['poodle', 'dog rose']],
    ['cat_breed', ['{siamese|persian} cat']],
    ['[z-a]', []],
    ['none', []],
    ['a*b*c*d*e*f*g*h*i', []],
  ])('%s means %j', (name, lines) => {
    const lists = listsOf({ ...LISTS, thing: '', house: '', loop: '', long: '', weighed: '' });
    expect(lists.find(name).options.map(({ text }) => text)).toEqual(lines);
  });
});

describe('expandWildcards', () => {
  it('puts a line of a list', () => {
    expect(expand('a __colour__ car', 0)).toBe('a red car');
    expect(expand('a __colour__ car', 0.99)).toBe('a blue car');
    expect(expand('__colour__ and __colour__', 0, 0.5)).toBe('red and green');
    expect(expand('__weighed__', 0.74)).toBe('a');
    expect(expand('__weighed__', 0.76)).toBe('b');
  });

  it('expands what it put', () => {
    expect(expand('a __animals/cat_breed__', 0.9)).toBe('a persian cat');
    expect(expand('__thing__', 0.4)).toBe('green vase');
  });

  it('picks a variant', () => {
    expect(expand('{a|b|c}', 0.5)).toBe('b');
    expect(expand('{a|{b|c}}', 0.9, 0)).toBe('b');
    expect(expand('{|very }old', 0)).toBe('old');
    expect(expand('{red} {{fox}}', 0)).toBe('red fox');
    expect(expand('{~a|b}{@a|b}{!a|b}', 0)).toBe('aaa');
  });

  it('weighs variants', () => {
    expect(expand('{3::a|b}', 0.74)).toBe('a');
    expect(expand('{3::a|b}', 0.76)).toBe('b');
    expect(expand('{0::a|b}', 0)).toBe('b');
  });

  it('picks several, each once', () => {
    expect(expand('{2$$a|b|c}', 0, 0, 0)).toBe('a,b');
    expect(expand('{2$$ and $$a|b|c}', 0.99, 0.99)).toBe('c and b');
    expect(expand('{1-3$$a|b|c}', 0.99, 0, 0, 0)).toBe('a,b,c');
    expect(expand('{-2$$a|b|c}', 0, 0)).toBe('a');
    expect(expand('{2-$$a|b|c}', 0.99, 0, 0, 0)).toBe('a,b,c');
    expect(expand('{9$$a|b}', 0)).toBe('a,b');
    expect(expand('{0-1$$a|b}', 0)).toBe('');
  });

  it('picks several lines of one list', () => {
    expect(expand('{2$$__colour__}', 0)).toBe('red,green');
    expect(expand('{2$$ & $$ __colour__ }', 0.99)).toBe('blue & green');
    expect(expand('{9$$__col*__}', 0)).toBe('red,green,blue,ice');
  });

  it('has variables', () => {
    expect(expand('${x={red|blue}}${x} and ${x}', 0, 0.9)).toBe('red and blue');
    expect(expand('${x=!{red|blue}}${x} and ${x}', 0.9, 0)).toBe('blue and blue');
    expect(expand('${y:a {thick|thin} line}', 0.9)).toBe('a thin line');
    expect(expand('__house__, __house(colour=pink)__, __house__', 0)).toBe(
      'grey house, pink house, grey house',
    );
    expect(expand('${kind=colour}__${kind}__', 0)).toBe('red');
  });

  it('leaves alone what is neither', () => {
    for (const text of ['\\{a|b\\}', 'snake__case', '__ x __', '{a|b', 'a_b', '____', '$5', '${', '${}']) {
      expect(expand(text, 0)).toBe(text);
    }
  });

  it('can keep braces without a bar', () => {
    const options = { lists: listsOf(LISTS), random: () => 0, keepBraces: true };
    expect(expandWildcards('{{a}} {b|c} {2$$__colour__}', options).text).toBe('{{a}} b red,green');
  });

  it('names what is missing', () => {
    const { text, missing } = expandWildcards('__colour__ __nothing__ ${x}', {
      lists: listsOf(LISTS),
      random: () => 0,
    });
    expect(text).toBe('red __nothing__ ${x}');
    expect(missing).toEqual(['__nothing__', '${x}']);
  });

  it('says so when lists call themselves', () => {
    expect(() => expand('__loop__', 0)).toThrow(WildcardError);
  });

  it('stops before a prompt gets too long', () => {
    expect(expand('__long__'.repeat(2), 0)).toHaveLength(MAX_PROMPT_LENGTH);
    for (const text of [
      '__long__'.repeat(3),
      '{3$$__long__|a|a__long__b|__long__}',
      '__long__'.repeat(12_000),
    ])
      expect(() => expand(text, 0)).toThrow(PromptTooLongError);
  });

  it('counts over the whole request', () => {
    const options: WildcardOptions = {
      lists: listsOf(LISTS),
      random: () => 0,
      budget: new ExpansionBudget(),
    };
    const all = () => {
      for (let i = 0; i < 1000; i++) expandWildcards('__long__', options);
    };
    expect(all).toThrow(WildcardError);
  });
});
