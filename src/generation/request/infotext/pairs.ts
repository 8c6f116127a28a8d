// Splits a parameters line into "key: value" pairs, as A1111's regular expression re_param does (modules/infotext_utils.py),
// but in time linear in the line: that expression looks again and again through text without a colon. Fields that are objects are read whole.
import { SPACE, WORD as WORD_CLASS } from '../../../prompt/python-text.ts';
import { isObject, OBJECT_FIELDS } from './quote.ts';

/** A run of what a key may hold after its first character. */
const KEY_RUN = new RegExp(`[${WORD_CLASS} \\-/]+`, 'gu');
/** What a key may begin with: Python's `\w`. */
const WORD = new RegExp(`[${WORD_CLASS}]`, 'u');
const SPACES = new RegExp(`[${SPACE}]*`, 'y');

/** The pairs in order. Values are as they stand, quotes included; a key may come more than once. */
export function splitPairs(line: string): [key: string, value: string][] {
  const pairs: [string, string][] = [];
  let position = 0;
  // One that does not end is looked for once.
  let objects = true;
  for (;;) {
    KEY_RUN.lastIndex = position;
    const run = KEY_RUN.exec(line);
    if (!run) return pairs;
    const end = KEY_RUN.lastIndex;
    position = end;
    const start = run[0].search(WORD);
    if (start < 0 || line[end] !== ':') continue;
    // From the first character that may begin a key up to the colon: one character and at least one more.
    const key = run[0].slice(start);
    if ([...key].length < 2) continue;
    SPACES.lastIndex = end + 1;
    SPACES.exec(line);
    const valueStart = SPACES.lastIndex;
    const object =
      objects && OBJECT_FIELDS.has(key) && line[valueStart] === '{' ? objectEnd(line, valueStart) : null;
    if (object === 'open') objects = false;
    const valueEnd =
      typeof object === 'number' ? object : (quotedEnd(line, valueStart) ?? bareEnd(line, valueStart));
    pairs.push([key, line.slice(valueStart, valueEnd)]);
    position = valueEnd + 1;
  }
}

/** Where a value ends that stands in quotes, with something between them and a comma or the end after them; null otherwise. */
function quotedEnd(line: string, start: number): number | null {
  if (line[start] !== '"') return null;
  let i = start + 1;
  while (i < line.length && line[i] !== '"') {
    // A backslash takes the next character along, whatever it is but a line break.
    if (line[i] === '\\' && (i + 1 === line.length || line[i + 1] === '\n')) return null;
    i += line[i] === '\\' ? 2 : 1;
  }
  const end = i + 1;
  const closed = i < line.length && i > start + 1;
  return closed && (end === line.length || line[end] === ',') ? end : null;
}

/** Where a JSON object ends, with a comma or the end after it; 'open' where its brackets do not close, null where it is none. */
function objectEnd(line: string, start: number): number | 'open' | null {
  let depth = 0;
  for (let i = start; i < line.length; i += 1) {
    const character = line[i];
    if (character === '"') {
      for (i += 1; i < line.length && line[i] !== '"'; i += 1) if (line[i] === '\\') i += 1;
    } else if (character === '{') depth += 1;
    else if (character === '}' && --depth === 0) {
      const end = i + 1;
      return (end === line.length || line[end] === ',') && isObject(line.slice(start, end)) ? end : null;
    }
  }
  return 'open';
}

function bareEnd(line: string, start: number): number {
  const comma = line.indexOf(',', start);
  return comma < 0 ? line.length : comma;
}
