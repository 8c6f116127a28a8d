// How other programs weigh words, in A1111's brackets. Brackets that mean nothing there are escaped here, where they would.
import { pythonText } from '../generation/request/infotext/quote.ts';

/** A stretch of a prompt, and how much it counts. */
interface Weighted {
  text: string;
  readonly weight: number;
}

/** Groups in one another. */
const MAX_DEPTH = 50;

/** Weights of more digits are noise. */
const DIGITS = 4;

/** Those that are escaped already stay so. */
const escaped = (text: string): string =>
  text.replace(/\\?[()[\]]/g, (bracket) => (bracket.startsWith('\\') ? bracket : `\\${bracket}`));

/** As A1111 writes it: "a (cat:1.1)". */
function written(parts: readonly Weighted[]): string {
  const joined: Weighted[] = [];
  for (const { text, weight } of parts) {
    const rounded = Number(weight.toFixed(DIGITS));
    const last = joined.at(-1);
    if (last?.weight === rounded) last.text += text;
    else if (text !== '') joined.push({ text, weight: rounded });
  }
  return joined
    .map(({ text, weight }) => {
      const [, before = '', inner = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(text)!;
      if (weight === 1 || inner === '') return escaped(text);
      return `${before}(${escaped(inner)}:${pythonText(weight)})${after}`;
    })
    .join('');
}

/**
 * ComfyUI: the same round brackets, but square ones mean nothing, and embeddings are called by "embedding:". A colon in front of
 * their file's ending keeps a weight.
 */
export function fromComfy(prompt: string): string {
  return prompt
    .replace(/embedding:([^\s,()]+?)(?:\.(?:safetensors|pt|bin))?(?=[\s,():]|$)/g, '$1')
    .replace(/\\?[[\]]/g, (bracket) => (bracket.startsWith('\\') ? bracket : `\\${bracket}`));
}

/** Whether a prompt weighs words in round brackets. */
export function weighs(prompt: string): boolean {
  return /(?<!\\)\(/.test(prompt);
}

/** NovelAI: {more} and [less], 1.05 each; from V4 on also "1.5::words::". Round brackets are plain text. */
export function fromNovelAi(prompt: string): string {
  const parts: Weighted[] = [];
  const step = 1.05;
  let level = 0;
  let factor = 1;
  let plain = '';
  const flush = (): void => {
    parts.push({ text: plain, weight: factor * step ** level });
    plain = '';
  };
  for (let i = 0; i < prompt.length; i += 1) {
    const c = prompt[i]!;
    // The number stands right before the colons.
    const number =
      c === ':' && prompt[i + 1] === ':' ? /(?:^|[^\w.])(-?\d+(?:\.\d+)?)$/.exec(plain.slice(-20)) : null;
    if (number) {
      plain = plain.slice(0, plain.length - number[1]!.length);
      flush();
      factor = Number(number[1]);
      i += 1;
    } else if (c === ':' && prompt[i + 1] === ':') {
      flush();
      factor = 1;
      i += 1;
    } else if (c === '{' || c === '}' || c === '[' || c === ']') {
      flush();
      level += c === '{' || c === ']' ? 1 : -1;
      level = Math.max(-MAX_DEPTH, Math.min(MAX_DEPTH, level));
    } else plain += c;
  }
  flush();
  return written(parts);
}

/**
 * InvokeAI (the library compel): "word++", "(some words)1.3", 1.1 for each plus, 0.9 for each minus; brackets alone only group.
 *
 * @returns the prompt, and the names of what was asked for in functions (`blend`, `swap`), which stay as they are.
 */
export function fromCompel(prompt: string): {
  readonly prompt: string;
  readonly functions: readonly string[];
} {
  const functions = [...prompt.matchAll(/\.(and|blend|swap)\(/g)].map(([, name]) => name!);
  if (functions.length > 0) return { prompt, functions };
  const parts: Weighted[] = [];
  const end = group(prompt, 0, 1, 0, parts);
  // A bracket that nothing opened.
  if (end < prompt.length) parts.push({ text: prompt.slice(end), weight: 1 });
  return { prompt: written(parts), functions: [] };
}

const COMPEL_SUFFIX = /(?:\++|-+|\d+(?:\.\d+)?|\.\d+)/y;
const COMPEL_WORD = /(?:\\[()]|[^\s()+,"])+/y;
const COMPEL_MARKS = /(?:\++|-+)(?=[\s,.;:)]|$)/y;

/** Reads up to the bracket that closes the group, or the end. Returns where that is. */
function group(text: string, start: number, weight: number, depth: number, parts: Weighted[]): number {
  let i = start;
  while (i < text.length) {
    const c = text[i]!;
    if (c === ')') return i;
    if (c === '(' && depth < MAX_DEPTH) {
      const inner: Weighted[] = [];
      const end = group(text, i + 1, 1, depth + 1, inner);
      if (text[end] !== ')') {
        // Never closed: a character like others.
        parts.push({ text: '(', weight });
        for (const part of inner) parts.push({ ...part, weight: part.weight * weight });
        return end;
      }
      const suffix = at(COMPEL_SUFFIX, text, end + 1);
      const factor = weight * factorOf(suffix);
      for (const part of inner) parts.push({ ...part, weight: part.weight * factor });
      i = end + 1 + suffix.length;
      continue;
    }
    const word = at(COMPEL_WORD, text, i);
    if (word === '') {
      parts.push({ text: c, weight });
      i += 1;
      continue;
    }
    // Minus signs are part of what a word may be made of.
    const minus = /-+$/.exec(word)?.[0] ?? '';
    const marks = at(COMPEL_MARKS, text, i + word.length) || (ends(text, i + word.length) ? minus : '');
    const plain = marks !== '' && marks === minus ? word.slice(0, -minus.length) : word;
    parts.push({
      text: plain.replace(/\\([()])/g, '$1'),
      weight: weight * (plain === '' ? 1 : factorOf(marks)),
    });
    i += plain.length + marks.length;
  }
  return i;
}

const ends = (text: string, position: number): boolean =>
  /^(?:$|[\s,.;:)])/.test(text.slice(position, position + 1));

function factorOf(suffix: string): number {
  if (suffix.startsWith('+')) return 1.1 ** Math.min(suffix.length, MAX_DEPTH);
  if (suffix.startsWith('-')) return 0.9 ** Math.min(suffix.length, MAX_DEPTH);
  return suffix === '' ? 1 : Number(suffix);
}

function at(pattern: RegExp, text: string, position: number): string {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0] ?? '';
}
