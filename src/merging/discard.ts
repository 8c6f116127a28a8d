// "Discard weights with matching name": Python's regular expressions in JavaScript's.
//
// What differs and may stand in such an expression is translated: named groups, \A and \Z, and flags at the beginning. An
// expression may take for ever (some take twice as long with each letter): whoever runs it must be able to end its thread.
import { MergeError } from './types.ts';

const FLAGS = /^\(\?([aiLmsux]+)\)/;

/** What `re.search(expression, name)` finds. Throws MergeError where the expression cannot be read. */
export function nameFilter(expression: string): (name: string) => boolean {
  if (expression === '') return () => false;
  const flags = FLAGS.exec(expression)?.[1] ?? '';
  const unknown = [...flags].find((flag) => !'aimsu'.includes(flag));
  if (unknown !== undefined) {
    throw new MergeError(`The regular expression has the flag "${unknown}", which is not supported here.`);
  }
  const pattern = translate(expression.replace(FLAGS, ''));
  try {
    const own = [...flags].filter((flag) => 'ims'.includes(flag)).join('');
    const compiled = new RegExp(pattern, own);
    return (name) => compiled.test(name);
  } catch (error) {
    const why = error instanceof Error ? ` (${error.message})` : '';
    throw new MergeError(`"${expression}" is not a regular expression${why}. Correct it, or leave it empty.`);
  }
}

function translate(pattern: string): string {
  // Two characters at a time where the first is a backslash, so that "\\A" stays what it is.
  return pattern.replace(/\\[\s\S]|\(\?P<|\(\?P=(\w+)\)/g, (found, group: string | undefined) => {
    if (found === '\\A') return '(?<![\\s\\S])';
    if (found === '\\Z') return '(?![\\s\\S])';
    if (found === '(?P<') return '(?<';
    return group === undefined ? found : `\\k<${group}>`;
  });
}
