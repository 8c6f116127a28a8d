import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAttention } from '../prompt/attention.ts';
import { fromComfy, fromCompel, fromNovelAi } from './emphasis.ts';

describe('weights of words', () => {
  // compel's documentation, doc/syntax.md.
  it.each([
    ['a tall man', 'a tall man'],
    ['a tall++ man', 'a (tall:1.21) man'],
    ['a tall-- man, well-known', 'a (tall:0.81) man, well-known'],
    ['(a tall man)1.5 smiling', '(a tall man:1.5) smiling'],
    ['(a (tall)+ man)++', '(a:1.21) (tall:1.331) (man:1.21)'],
    ['(only grouped) here', 'only grouped here'],
    ['literal \\(brackets\\)', 'literal \\(brackets\\)'],
    ['unclosed (one', 'unclosed \\(one'],
    ['c++', '(c:1.21)'],
  ])('InvokeAI: %s', (text, expected) => expect(fromCompel(text).prompt).toBe(expected));

  it.each([
    ['{a}, {{b}}', '(a:1.05), (b:1.1025)'],
    ['[a', '(a:0.9524)'],
    ['1.2::a::b', '(a:1.2)b'],
    ['5::', ''],
    ['a:b, (c)', 'a:b, \\(c\\)'],
  ])('NovelAI: %s', (text, expected) => expect(fromNovelAi(text)).toBe(expected));

  it.each([
    ['(a:1.2), [b], \\[c\\]', '(a:1.2), \\[b\\], \\[c\\]'],
    ['(embedding:easy:1.2), embedding:x.pt, embedding:dir/y.safetensors', '(easy:1.2), x, dir/y'],
  ])('ComfyUI: %s', (text, expected) => expect(fromComfy(text)).toBe(expected));

  it('any text comes to brackets that close', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '(', ')', '[', ']', '{', '}', '+', '-', ':', '::', '1.5', '\\', ','),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, (prompt) => {
        for (const made of [fromNovelAi(prompt), fromCompel(prompt).prompt]) {
          const letters = parseAttention(made)
            .map((part) => part.text)
            .join('');
          expect(letters.replace(/[^a]/g, '')).toBe(prompt.replace(/[^a]/g, ''));
        }
      }),
    );
  });
});
