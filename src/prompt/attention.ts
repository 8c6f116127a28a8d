// Emphasis: splits a prompt into pieces of text with weights. AUTOMATIC1111 1.10.1, modules/prompt_parser.py, parse_prompt_attention.
import { SPACE, findWord, isSpace, parseFloatPython } from './python-text.ts';

/** A piece of the prompt and its weight. `BREAK` with weight -1 ends a chunk. */
export interface WeightedText {
  readonly text: string;
  readonly weight: number;
}

export const BREAK: WeightedText = { text: 'BREAK', weight: -1 };

const ROUND = 1.1;
const SQUARE = 1 / 1.1;

/** Brackets open at once that still count, of each kind. 1.1^930 is beyond float32, so deeper ones could say nothing; the bound keeps the work linear. */
const MAX_DEPTH = 1000;

const TOKEN = new RegExp(
  String.raw`\\[()[\]\\]?|[()[\]]|:[${SPACE}]*([+-]?[.\p{Nd}]+)[${SPACE}]*\)|[^\\()[\]:]+|:`,
  'gu',
);
const CURLY_TOKEN = new RegExp(
  String.raw`\\[()[\]\\{}]?|[()[\]{}]|:[${SPACE}]*([+-]?[.\p{Nd}]+)[${SPACE}]*\)|[^\\()[\]:{}]+|:`,
  'gu',
);

interface Piece {
  text: string;
  weight: number;
}

/** One kind of bracket: the pieces' count at each opening that is still open. */
class Brackets {
  private readonly starts: number[] = [];
  private ignored = 0;

  constructor(private readonly factor: number) {}

  get isOpen(): boolean {
    return this.starts.length > 0;
  }

  open(pieces: readonly Piece[]): void {
    if (this.starts.length < MAX_DEPTH) this.starts.push(pieces.length);
    else this.ignored++;
  }

  close(pieces: Piece[], factor = this.factor): void {
    if (this.ignored > 0) {
      this.ignored--;
      return;
    }
    multiply(pieces, this.starts.pop() ?? pieces.length, factor);
  }

  /** What is never closed reaches to the end of the prompt. */
  closeAll(pieces: Piece[]): void {
    for (const start of this.starts) multiply(pieces, start, this.factor);
  }
}

function multiply(pieces: Piece[], start: number, factor: number): void {
  for (let i = start; i < pieces.length; i++) pieces[i]!.weight *= factor;
}

/** Python's re.split(r"\s*\bBREAK\b\s*", text), in linear time. */
function splitBreaks(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const at of findWord(text, BREAK.text)) {
    let end = at;
    while (end > from && isSpace(text.charAt(end - 1))) end--;
    parts.push(text.slice(from, end));
    from = at + BREAK.text.length;
    while (from < text.length && isSpace(text.charAt(from))) from++;
  }
  parts.push(text.slice(from));
  return parts;
}

/** Joins neighbours of equal weight. */
function merge(pieces: readonly Piece[]): WeightedText[] {
  const merged: { texts: string[]; weight: number }[] = [];
  for (const { text, weight } of pieces) {
    const last = merged.at(-1);
    if (last?.weight === weight) last.texts.push(text);
    else merged.push({ texts: [text], weight });
  }
  return merged.map(({ texts, weight }) => ({ text: texts.join(''), weight }));
}

export interface AttentionOptions {
  /** The setting "Curly braces lower emphasis": `{x}` divides by 1.1 as `[x]` does. Off, braces are text, as in A1111. */
  readonly curlyBraces?: boolean;
}

/**
 * Reads `(x)` = 1.1, `[x]` = 1 / 1.1, `(x:1.3)`, backslash escapes and BREAK. Any text is accepted: an opening bracket without
 * its end reaches to the end of the prompt, a closing one without its start is text. Weights are float64 products in the order
 * of application, as A1111's. Where A1111 fails on a weight (`(x:1.2.3)`), it is read as text in a plain bracket.
 */
export function parseAttention(text: string, options: AttentionOptions = {}): WeightedText[] {
  const pieces: Piece[] = [];
  const round = new Brackets(ROUND);
  const square = new Brackets(SQUARE);
  const curly = new Brackets(SQUARE);
  const addText = (part: string): void => {
    splitBreaks(part).forEach((piece, i) => {
      if (i > 0) pieces.push({ ...BREAK });
      pieces.push({ text: piece, weight: 1 });
    });
  };

  const { curlyBraces = false } = options;
  for (const match of text.matchAll(curlyBraces ? CURLY_TOKEN : TOKEN)) {
    const [token, number] = match;
    if (token.startsWith('\\')) {
      pieces.push({ text: token.slice(1), weight: 1 });
    } else if (token === '(') {
      round.open(pieces);
    } else if (token === '[') {
      square.open(pieces);
    } else if (curlyBraces && token === '{') {
      curly.open(pieces);
    } else if (number !== undefined && round.isOpen) {
      const weight = parseFloatPython(number);
      if (weight === null) addText(token.slice(0, -1));
      round.close(pieces, weight ?? ROUND);
    } else if (token === ')' && round.isOpen) {
      round.close(pieces);
    } else if (token === ']' && square.isOpen) {
      square.close(pieces);
    } else if (token === '}' && curly.isOpen) {
      curly.close(pieces);
    } else {
      addText(token);
    }
  }
  round.closeAll(pieces);
  square.closeAll(pieces);
  curly.closeAll(pieces);

  return pieces.length === 0 ? [{ text: '', weight: 1 }] : merge(pieces);
}
