// Whether a YAML text is small enough to be parsed: the parser recurses into what is nested and looks through the text for
// each alias, so that a short text can cost it much. Splitting it into tokens does neither.
import { Lexer } from 'yaml';

/** Levels by brackets or by dashes on one line, and columns of indentation. Published ones have five levels. */
const MAX_DEPTH = 64;
const MAX_INDENT = 200;
/** Published ones use none; each may repeat a large part of the text. */
export const MAX_ALIASES = 20;

/** What the lexer puts before the text of a scalar (yaml's CST.SCALAR). */
const SCALAR = '\x1f';

/**
 * Throws an Error that says what there is too much of. Stops at the first: takes no longer than a bound, whatever the text.
 * `most`: words, signs and blanks between them; `what`: what has fewer.
 */
export function checkYamlSize(text: string, most: number, what: string): void {
  let [tokens, brackets, dashes, aliases] = [0, 0, 0, 0];
  let before = '\n';
  for (const token of new Lexer().lex(text)) {
    if (++tokens > most) throw new Error(`it has far more parts than any ${what}`);
    const first = before === SCALAR ? '' : token[0];
    if (token === '[' || token === '{') brackets++;
    else if (token === ']' || token === '}') brackets--;
    else if (first === '*') aliases++;
    else if (first === '\n') dashes = 0;
    else if (token === '-' || token === '?') dashes++;
    else if (first === ' ' && before === '\n' && token.length > MAX_INDENT) throw tooDeep();
    if (brackets + dashes > MAX_DEPTH) throw tooDeep();
    if (aliases > MAX_ALIASES) throw new Error('it refers to its own parts too often');
    before = token;
  }
}

function tooDeep(): Error {
  return new Error('its sections are nested too deep');
}
