import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editAttention } from './edit-attention.ts';
import type { EditedText } from './edited-text.ts';

/** "a ¦cat¦ b": bars stand for the selection, one bar for the cursor. */
function marked(text: string): EditedText {
  const [before = '', selected = '', after] = text.split('¦');
  return after === undefined
    ? { text: before + selected, start: before.length, end: before.length }
    : { text: before + selected + after, start: before.length, end: before.length + selected.length };
}

function shown(edited: EditedText | null): string | null {
  if (!edited) return null;
  const { text, start, end } = edited;
  return `${text.slice(0, start)}¦${text.slice(start, end)}¦${text.slice(end)}`;
}

const up = (text: string) => shown(editAttention(marked(text), 'up'));
const down = (text: string) => shown(editAttention(marked(text), 'down'));

describe('editAttention', () => {
  it('wraps the word at the cursor', () => {
    expect(up('a re¦d cat')).toBe('a (¦red¦:1.1) cat');
    expect(down('red¦, cat')).toBe('(¦red¦:0.9), cat');
    expect(up('¦cat')).toBe('(¦cat¦:1.1)');
    expect(up('größ¦e')).toBe('(¦größe¦:1.1)');
  });

  it('wraps what is selected, without spaces at its end', () => {
    expect(up('a ¦red cat ¦sits')).toBe('a (¦red cat¦:1.1) sits');
    expect(up('¦(red:1.2) cat¦')).toBe('(¦(red:1.2) cat¦:1.1)');
  });

  it('changes a weight that is there', () => {
    expect(up('(red ca¦t:1.1)')).toBe('(¦red cat¦:1.2)');
    expect(up('(¦red cat¦:1.9)')).toBe('(¦red cat¦:2.0)');
    expect(down('(red¦:0.1)')).toBe('(¦red¦:0.0)');
    expect(down('(red¦:0)')).toBe('(¦red¦:-0.1)');
    expect(up('(red¦ : 1.25 )')).toBe('(¦red ¦:1.35)');
  });

  it('unwraps at 1', () => {
    expect(down('a (re¦d:1.1) cat')).toBe('a ¦red¦ cat');
    expect(up('(¦red¦:0.9)')).toBe('¦red¦');
  });

  it('comes back to where it was', () => {
    let edited = marked('a re¦d cat');
    for (const direction of ['up', 'up', 'up', 'down', 'down', 'down'] as const) {
      edited = editAttention(edited, direction) ?? edited;
    }
    expect(shown(edited)).toBe('a ¦red¦ cat');
  });

  it('turns brackets into numbers', () => {
    expect(up('((re¦d))')).toBe('(¦red¦:1.3)');
    expect(down('(re¦d)')).toBe('¦red¦');
    expect(down('[re¦d]')).toBe('(¦red¦:0.8)');
    expect(up('[re¦d]')).toBe('¦red¦');
    expect(up('(¦red¦)')).toBe('(¦red¦:1.2)');
  });

  it('takes the innermost block around the cursor', () => {
    expect(up('(a (b¦:1.2) c:1.1)')).toBe('(a (¦b¦:1.3) c:1.1)');
    expect(up('(a (b:1.2) c¦:1.1)')).toBe('(¦a (b:1.2) c¦:1.2)');
    expect(up('(a:1.2) b¦ (c:1.2)')).toBe('(a:1.2) (¦b¦:1.1) (c:1.2)');
  });

  it('changes extra networks in finer steps and never unwraps them', () => {
    expect(up('<lora:ink¦:0.8>')).toBe('<¦lora:ink¦:0.85>');
    expect(up('a <lora:in¦k>')).toBe('a <¦lora:ink¦:1.05>');
    expect(up('<lora:ink¦:0.95>')).toBe('<¦lora:ink¦:1.0>');
    expect(down('a (b <lora:i¦nk:1>:1.2)')).toBe('a (b <¦lora:ink¦:0.95>:1.2)');
  });

  it('leaves prompt editing, alternation and escapes alone', () => {
    expect(up('[red¦:blue:0.5]')).toBe('[(¦red¦:1.1):blue:0.5]');
    expect(up('[red¦|blue]')).toBe('[(¦red¦:1.1)|blue]');
    expect(up('cat \\(animal¦\\)')).toBe('cat \\((¦animal¦:1.1)\\)');
  });

  it('has nothing to do where there is no word', () => {
    expect(up('¦')).toBeNull();
    expect(up('a ,¦ b')).toBeNull();
    expect(up('()¦')).toBeNull();
  });

  it('changes nothing but brackets and numbers, whatever the text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab ()[]<>:.,\\1|') });
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), fc.constantFrom('up', 'down'), (text, a, b, direction) => {
        const ends = [a % (text.length + 1), b % (text.length + 1)] as const;
        const before = { text, start: Math.min(...ends), end: Math.max(...ends) };
        const after = editAttention(before, direction as 'up' | 'down');
        if (!after) return;
        const letters = (text: string) => text.replace(/[^ab,|\\]/g, '');
        expect(letters(after.text)).toBe(letters(text));
        expect(after.end).toBeGreaterThan(after.start);
        expect(after.end).toBeLessThanOrEqual(after.text.length);
      }),
      { numRuns: 3000 },
    );
  });
});
