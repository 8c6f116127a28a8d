// Emphasis against A1111's parser (tests/reference/prompts/attention.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { parseAttention } from './attention.ts';

interface Attention {
  readonly cases: readonly {
    readonly text: string;
    readonly parsed?: [string, number][];
    readonly raises?: string;
  }[];
}

const available = listReference('prompts').includes('attention.json');

describe.skipIf(!available)('emphasis', () => {
  const { cases } = available ? readReferenceJson<Attention>('prompts', 'attention.json') : { cases: [] };

  it.each(cases.filter(({ parsed }) => parsed !== undefined))('reads $text', ({ text, parsed }) => {
    const pieces = parseAttention(text);
    expect(pieces.map((piece) => piece.text)).toEqual(parsed!.map(([piece]) => piece));
    pieces.forEach(({ weight }, i) => expect(weight).toBeCloseTo(parsed![i]![1], 12));
  });

  it.each(cases.filter(({ raises }) => raises !== undefined))(
    'keeps the text where A1111 fails: $text',
    ({ text }) => {
      const joined = parseAttention(text)
        .map((piece) => piece.text)
        .join('');
      expect(joined).toBe(text.replace(/[()[\]]/g, ''));
    },
  );
});
