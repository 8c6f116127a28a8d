// Ctrl+Up and Ctrl+Down in a prompt: more or less weight for what is selected or stands at the cursor. The behaviour of A1111
// 1.10.1 (javascript/edit-attention.js), except that escaped brackets are text, that in [from:to:when] the word is weighed, and that
// <lora:name> has a weight of 1.
import type { EditedText } from './edited-text.ts';

/** Change of a word's weight, and of an extra network's (`<lora:name:1>`). A1111's defaults. */
const STEP = 0.1;
const EXTRA_NETWORK_STEP = 0.05;
/** What ends a word: A1111's default of "Word delimiters ...", white space, and the brackets that it lacks. */
const DELIMITERS = '.,\\/!?%^*;:{}=`~()[]<>| \t\r\n';
const EMPHASIS = 1.1;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A weighted place: `outer` is replaced when the weight changes, `content` keeps its text. */
interface Weighted {
  readonly outer: Span;
  readonly content: Span;
  readonly weight: number;
  readonly kind: 'emphasis' | 'extra network';
}

/** The text with the weight changed and its content selected; null where there is nothing to weigh. */
export function editAttention(before: EditedText, direction: 'up' | 'down'): EditedText | null {
  const place = findPlace(before);
  if (!place) return null;
  const step = place.kind === 'emphasis' ? STEP : EXTRA_NETWORK_STEP;
  const weight = Number((place.weight + (direction === 'up' ? step : -step)).toPrecision(12));
  const { text } = before;
  const content = text.slice(place.content.start, place.content.end);
  const [open, close] = wrapping(place.kind, weight);
  const start = place.outer.start + open.length;
  return {
    text: text.slice(0, place.outer.start) + open + content + close + text.slice(place.outer.end),
    start,
    end: start + content.length,
  };
}

function wrapping(kind: Weighted['kind'], weight: number): [open: string, close: string] {
  const number = Number.isInteger(weight) ? weight.toFixed(1) : String(weight);
  if (kind === 'extra network') return ['<', `:${number}>`];
  return weight === 1 ? ['', ''] : ['(', `:${number})`];
}

function findPlace({ text, start, end }: EditedText): Weighted | null {
  if (start !== end) return weightedSelection(text, trimmed(text, { start, end }));
  for (const brackets of ['<>', '()', '[]'] as const) {
    const block = enclosing(text, start, brackets);
    const place = block && weightedBlock(text, block, brackets);
    if (place) return place;
  }
  return weightedSelection(text, trimmed(text, wordAt(text, start)));
}

/** A selection is weighed as it stands, unless it is all that a pair of brackets holds. */
function weightedSelection(text: string, span: Span): Weighted | null {
  if (span.start >= span.end) return null;
  for (const brackets of ['<>', '()', '[]'] as const) {
    if (text[span.start - 1] !== brackets[0]) continue;
    const block = enclosing(text, span.start, brackets);
    const place = block && weightedBlock(text, block, brackets);
    if (place && place.content.start === span.start && place.content.end === span.end) return place;
  }
  return { outer: span, content: span, weight: 1, kind: 'emphasis' };
}

/** `block` is what the brackets hold. Null where it cannot be weighed as a whole. */
function weightedBlock(text: string, block: Span, brackets: '<>' | '()' | '[]'): Weighted | null {
  const inside = text.slice(block.start, block.end);
  const colon = inside.lastIndexOf(':');
  const told = colon < 0 ? '' : inside.slice(colon + 1).trim();
  if (brackets !== '[]' && NUMBER.test(told)) {
    return {
      outer: { start: block.start - 1, end: block.end + 1 },
      content: { start: block.start, end: block.start + colon },
      weight: Number(told),
      kind: brackets === '<>' ? 'extra network' : 'emphasis',
    };
  }
  if (brackets === '<>') {
    // A network without a weight has that of 1.
    const whole = { start: block.start - 1, end: block.end + 1 };
    return /^(?:lora|lyco|hypernet):[^:]+$/.test(inside)
      ? { outer: whole, content: block, weight: 1, kind: 'extra network' }
      : null;
  }
  if (inside.trim() === '') return null;
  // A colon or a bar in square brackets is prompt editing or alternation.
  if (brackets === '[]' && /[:|]/.test(inside)) return null;
  // ((word)) and [word] become one pair with a weight told in numbers.
  let depth = 1;
  while (text[block.start - 1 - depth] === brackets[0] && text[block.end + depth] === brackets[1]) depth++;
  const weight = EMPHASIS ** (brackets === '()' ? depth : -depth);
  return {
    outer: { start: block.start - depth, end: block.end + depth },
    content: block,
    weight: Math.round(weight / STEP) * STEP,
    kind: 'emphasis',
  };
}

/** What the innermost pair of these brackets around the cursor holds. */
function enclosing(text: string, cursor: number, [open, close]: string): Span | null {
  const opened: number[] = [];
  let start: number | undefined;
  for (let i = 0; i < text.length; i++) {
    if (i === cursor) {
      start = opened.at(-1);
      if (start === undefined) return null;
    }
    if (text[i] === '\\') {
      // The escaped character is passed over; the cursor may stand before it.
      if (i + 1 === cursor) start = opened.at(-1);
      i++;
    } else if (text[i] === open) opened.push(i);
    else if (text[i] === close) {
      const opening = opened.pop();
      if (start !== undefined && opening === start) return { start: start + 1, end: i };
    }
  }
  return null;
}

function wordAt(text: string, cursor: number): Span {
  const isWord = (i: number) => i >= 0 && i < text.length && !DELIMITERS.includes(text[i]!);
  let [start, end] = [cursor, cursor];
  while (isWord(start - 1)) start--;
  while (isWord(end)) end++;
  return { start, end };
}

/** Without spaces at its end, which A1111 leaves out of the brackets. */
function trimmed(text: string, { start, end }: Span): Span {
  let last = end;
  while (last > start && text[last - 1] === ' ') last--;
  return { start, end: last };
}
