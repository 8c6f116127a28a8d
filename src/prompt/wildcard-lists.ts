// The lists behind wildcards: their lines, and which lists a name means. Read as Dynamic Prompts (adieyal/dynamicprompts)
// reads its text files.
import { strip } from './python-text.ts';
import { alternativesOf, readWeight, type Alternatives, type Weighted } from './wildcard-weights.ts';

/** UTF-16 units of lists that are read for one request. */
const MAX_READ = 32 * 2 ** 20;
/** Stars of a name: each multiplies the ways in which a list's name may fit. */
const MAX_STARS = 8;
const REMARK = '#';

/** Thrown where wildcards cannot be expanded. The message can be shown. */
export class WildcardError extends Error {
  override readonly name = 'WildcardError';
}

/** Lines of a list that stand for something: trimmed, without remarks, each once. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n?|\n/).map(strip);
  return [...new Set(lines.filter((line) => line !== '' && !line.startsWith(REMARK)))];
}

/** A line of a list without the remark at its end. */
function withoutRemark(line: string): string {
  const remark = line.indexOf(REMARK);
  return remark < 0 ? line : line.slice(0, remark);
}

/** All lists of a request; each is split into lines when it is first asked for. */
export class WildcardLists {
  private readonly lines = new Map<string, readonly Weighted[]>();
  private readonly found = new Map<string, Alternatives>();
  private read = 0;

  /** `texts`: by name, folders and all: "animals/cats". */
  constructor(private readonly texts: ReadonlyMap<string, string>) {}

  /**
   * The lines that a name stands for; none where no list has it. `*`, `?` and `[a-z]` stand for letters of one folder, `**`
   * for any folders. A name that no list has is looked for in all folders. @throws WildcardError for lists without end.
   */
  find(name: string): Alternatives {
    let found = this.found.get(name);
    if (found === undefined) {
      const lines = this.matching(name).flatMap((list) => this.linesOf(list));
      found = alternativesOf([...new Map(lines.map((line) => [line.text, line])).values()]);
      this.found.set(name, found);
    }
    return found;
  }

  private matching(name: string): string[] {
    if (this.texts.has(name)) return [name];
    if (name.split('*').length > MAX_STARS) return [];
    for (const pattern of [name, `**/${name}`]) {
      const expression = patternOf(pattern);
      const names = [...this.texts.keys()].filter((list) => expression.test(list));
      if (names.length > 0) return names;
    }
    return [];
  }

  private linesOf(name: string): readonly Weighted[] {
    let lines = this.lines.get(name);
    if (lines === undefined) {
      const text = this.texts.get(name) ?? '';
      this.read += text.length;
      if (this.read > MAX_READ) {
        throw new WildcardError(
          `The lists of these wildcards are too long: ${MAX_READ / 2 ** 20} MB of text at most are read for one request.`,
        );
      }
      lines = linesOf(text).map((line) => readWeight(withoutRemark(line)));
      this.lines.set(name, lines);
    }
    return lines;
  }
}

/** A name with `*`, `**`, `?` and `[...]` as an expression. */
function patternOf(name: string): RegExp {
  const pattern = name.replace(/\*\*\/?|[*?]|\[!?[^\][/\\]+\]|[\\^$.|+(){}[\]/-]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 2) return `[${part.slice(1, -1).replace(/^!/, '^')}]`;
    return `\\${part}`;
  });
  try {
    return new RegExp(`^${pattern}$`, 'u');
  } catch {
    // "[z-a]" is no range: such a name means no list.
    return /^(?!)/;
  }
}
