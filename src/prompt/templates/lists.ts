// The lists behind wildcards: their lines, and which lists a name means. Read as Dynamic Prompts (adieyal/dynamicprompts)
// reads its text files.
import { strip } from '../python-text.ts';
import { isCollection, readCollection } from './collections.ts';
import { WildcardError } from './errors.ts';
import { Items, type Item } from './items.ts';

/** UTF-16 units of lists that are read for one request. */
const MAX_READ = 32 * 2 ** 20;
/** Characters of a name that is looked for. */
const MAX_NAME = 1000;
/** Stars of a name: each multiplies the ways in which a list's name may fit. */
const MAX_STARS = 8;

/** Lines of a list that stand for something: trimmed, without remarks. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n?|\n/).map(strip);
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

export interface ListOptions {
  /** Same texts stay, each as often as it is there: the extension's "no dedupe". */
  readonly keepDuplicates?: boolean;
  /** Texts stay in the lists' order: the extension's "no sort". */
  readonly keepOrder?: boolean;
}

/** All lists; each is split into lines when it is first asked for. */
export class WildcardLists {
  /** By name; null for the text list of that name, which has not been read yet. */
  private readonly items = new Map<string, readonly Item[] | null>();
  private readonly found = new Map<string, Items>();
  private read = 0;

  /** `texts`: by name, folders and all: "animals/cats". @throws WildcardError */
  constructor(
    private readonly texts: ReadonlyMap<string, string>,
    private readonly options: ListOptions = {},
  ) {
    for (const [name, text] of texts) {
      if (!isCollection(name)) this.items.set(name, null);
      else {
        this.count(text);
        for (const [key, items] of readCollection(name, text)) this.items.set(key, items);
      }
    }
  }

  /** In order. */
  names(): string[] {
    return [...this.items.keys()].sort(compareCodePoints);
  }

  /**
   * What a name stands for; nothing where no list has it. `*`, `?` and `[a-z]` stand for letters, folders included. A name that no
   * list has is looked for in all folders. @throws WildcardError for lists without end.
   */
  find(name: string): Items {
    let found = this.found.get(name);
    if (found === undefined) {
      let items = this.matching(name).flatMap((list) => this.itemsOf(list));
      if (!this.options.keepDuplicates) {
        items = [...new Map(items.map((item) => [`${item.weight ?? ''}::${item.text}`, item])).values()];
      }
      if (!this.options.keepOrder) items.sort((a, b) => compareCodePoints(a.text, b.text));
      found = new Items(items);
      this.found.set(name, found);
    }
    return found;
  }

  private matching(wildcard: string): string[] {
    const name = wildcard.replace(/[\\/]+/g, '/').replace(/^\/|\/$/g, '');
    if (this.items.has(name)) return [name];
    if (name.length > MAX_NAME || name.includes('..') || name.split('*').length > MAX_STARS) return [];
    for (const pattern of name.startsWith('**') ? [name] : [name, `**/${name}`]) {
      const expression = patternOf(pattern);
      const names = [...this.items.keys()].filter((list) => expression.test(list));
      if (names.length > 0) return names;
    }
    return [];
  }

  private itemsOf(name: string): readonly Item[] {
    let items = this.items.get(name);
    if (!items) {
      const text = this.texts.get(name) ?? '';
      this.count(text);
      items = linesOf(text).map((line) => ({ text: line, weight: null }));
      this.items.set(name, items);
    }
    return items;
  }

  private count(text: string): void {
    this.read += text.length;
    if (this.read > MAX_READ) {
      throw new WildcardError(
        `The lists of these wildcards are too long: ${MAX_READ / 2 ** 20} MB of text at most are read.`,
      );
    }
  }
}

/** As Python sorts texts: where surrogates stand, by what they stand for. */
function compareCodePoints(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

/** A name with `*`, `?` and `[...]` as an expression, as Python's fnmatch reads it: a star goes through folders, too. */
function patternOf(name: string): RegExp {
  const pattern = name.replace(/\*+|\?|\[!?[^\][/\\]+\]|[\\^$.|+(){}[\]/]/g, (part) => {
    if (part.startsWith('*')) return '[^]*';
    if (part === '?') return '[^]';
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
