// What of a prompt is being completed at the cursor, and what the prompt is when it has been: the ways of the extension
// a1111-sd-webui-tagcomplete, except that several words in front of the cursor may be the beginning of one tag.
import { MIN_LETTERS } from './tag-index.ts';

/** What stands in front of the cursor. */
export interface Completing {
  /** `network`: after `<`; `wildcard`: after `__`; `word`: of the prompt's own words. */
  readonly kind: 'network' | 'wildcard' | 'word';
  /** What was typed; for words as tags are written, with underscores. */
  readonly typed: string;
  /** Where it begins in the prompt, its sign included. */
  readonly start: number;
}

/** Characters in front of the cursor that are looked at. */
const REACH = 200;
/** Words that may be the beginning of one tag. */
const MAX_WORDS = 4;

/** The likeliest first: all that the cursor may stand in. */
export function completingAt(text: string, cursor: number): readonly Completing[] {
  const from = Math.max(0, cursor - REACH);
  const before = text.slice(from, cursor);
  const network = /<([^<>,\n]*)$/.exec(before);
  if (network) return [{ kind: 'network', typed: network[1]!, start: from + network.index }];
  // Of two underscores, whether they open a wildcard or close one.
  const opened = /__([^_\s,|<>]*(?:_[^_\s,|<>]+)*)$/.exec(before);
  if (opened && (before.slice(0, opened.index).match(/__/g)?.length ?? 0) % 2 === 0)
    return [{ kind: 'wildcard', typed: opened[1]!, start: from + opened.index }];
  const word = /(?:[^\s,|<>[\]:()\\]+_\\?\([^\s,|<>[\]:()]*|[^\s,|<>[\]:()\\]+)$/.exec(before);
  if (!word) return [];
  const words = [wordFrom(word.index)];
  for (let start = word.index; words.length < MAX_WORDS;) {
    const earlier = /[^\s,|<>[\]:()\\]+ +$/.exec(before.slice(0, start));
    if (!earlier) break;
    start = earlier.index;
    words.unshift(wordFrom(start));
  }
  return words.filter(({ typed }) => typed.length >= MIN_LETTERS);

  function wordFrom(start: number): Completing {
    const typed = before.slice(start).trim().replaceAll(/ +/g, '_').replaceAll('\\', '');
    return { kind: 'word', typed, start: from + start };
  }
}

/** Tags that are faces: their underscores stay (tagcomplete's tac_undersocreReplacementExclusionList). */
const FACES: ReadonlySet<string> = new Set(
  '0_0,(o)_(o),+_+,+_-,._.,<o>_<o>,<|>_<|>,=_=,>_<,3_3,6_9,>_o,@_@,^_^,o_o,u_u,x_x,|_|,||_||'.split(','),
);

/** A tag as prompts have it: blanks for underscores, and brackets that are no emphasis. */
export function wordsOfTag(name: string): string {
  const words = FACES.has(name) ? name : name.replaceAll('_', ' ');
  return words.replaceAll(/[()]/g, '\\$&');
}

export interface Completed {
  readonly text: string;
  readonly cursor: number;
}

/** `words` in place of what was typed; `listed`: they are one of the things that commas part. */
export function complete(
  text: string,
  cursor: number,
  { start }: Pick<Completing, 'start'>,
  words: string,
  listed: boolean,
): Completed {
  const after = text.slice(cursor);
  const more = !listed ? '' : /^\s*,/.test(after) ? '' : /^\s/.test(after) ? ',' : ', ';
  const written = words + more;
  return { text: text.slice(0, start) + written + after, cursor: start + written.length };
}
