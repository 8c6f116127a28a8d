// Repairs text before it is tokenized, as python-ftfy 6.3.1's fix_text does with its default settings: the reference programs
// run it over every prompt, and so it decides token ids. Written from ftfy's documentation and behaviour.
import {
  compose,
  normalizeLineBreaks,
  normalizeWidth,
  removeControls,
  removeTerminalEscapes,
  replaceLoneSurrogates,
  splitLigatures,
  straightenQuotes,
} from './characters.ts';
import { unescapeClear } from './entities.ts';
import { repairEncoding, replaceC1 } from './mojibake.ts';

/** Rounds of repair. ftfy has no limit, and takes quadratic time over text that was escaped hundreds of times. */
const MAX_ROUNDS = 64;

/** UTF-16 units that are repaired at once where there are no line breaks. */
const MAX_SEGMENT = 1_000_000;

const REPAIRS: readonly ((text: string) => string)[] = [
  repairEncoding,
  replaceC1,
  splitLigatures,
  normalizeWidth,
  straightenQuotes,
  normalizeLineBreaks,
  replaceLoneSurrogates,
  removeTerminalEscapes,
  removeControls,
  compose,
];

function fixSegment(text: string, unescape: boolean): string {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = text;
    if (unescape) text = unescapeClear(text);
    for (const repair of REPAIRS) text = repair(text);
    if (text === before) break;
  }
  return text;
}

/**
 * Repairs mojibake, HTML entities, curly quotes, ligatures, widths, line breaks and control characters, and composes (NFC),
 * line by line. From the first line that has a `<` on, the text counts as HTML, and entities stay.
 */
export function fixText(text: string): string {
  const fixed: string[] = [];
  let unescape = true;
  for (let start = 0; start < text.length;) {
    const lineBreak = text.indexOf('\n', start);
    const end = Math.min(lineBreak < 0 ? text.length : lineBreak + 1, start + MAX_SEGMENT);
    const segment = text.slice(start, end);
    unescape &&= !segment.includes('<');
    fixed.push(fixSegment(segment, unescape));
    start = end;
  }
  return fixed.join('');
}
