// Reads a template: plain text with {a|b}, __wildcard__, ${variable} and %{wrap ... $$text} in it. The grammar is that of Dynamic
// Prompts (adieyal/dynamicprompts, src/dynamicprompts/parser/parse.py): what it does not allow, such as a single $ or %, makes
// all of the text no template.
import { strip } from '../python-text.ts';
import { TemplateError } from './errors.ts';
import { NOTHING, type Method, type Node, type Option, type Variants } from './nodes.ts';

/** The extension's settings of these names. */
export interface Syntax {
  readonly variantStart: string;
  readonly variantEnd: string;
  readonly wildcardWrap: string;
  /** Braces without a bar stay as they are: they mean something else. */
  readonly keepBraces: boolean;
}

export const DEFAULT_SYNTAX: Syntax = {
  variantStart: '{',
  variantEnd: '}',
  wildcardWrap: '__',
  keepBraces: false,
};

/** How deep variants, variables and wraps may stand in one another. */
const MAX_NESTING = 64;

const SPACES = /[ \t\r\n]*/y;
/** Remarks are left out with the blanks before them, and only where something may begin: "a // b" is text. */
const REMARK = /[ \t\r\n]*(?:#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/)/y;
const METHOD = /[~!@]/y;
const METHODS: Readonly<Record<string, Method>> = { '~': 'random', '!': 'combinatorial', '@': 'cyclical' };
const WEIGHT = /([+-]?(?:\d+\.\d*|\.\d+)|\d+)::/y;
const COUNT = /(?:(\d+)-(\d+)|-(\d+)|(\d+)-|(\d+))\$\$/y;
/** Of printable ASCII. */
const SEPARATOR = /([ -#%-z|~]+)\$\$/y;
const NAME = /[A-Za-z_-][A-Za-z0-9_-]*/y;
const PARAMETERS = /[ \t\r\n]*\(([^)]+)\)/y;
const OPENING_BRACKET = /[ \t\r\n]*\(/y;

/** Within an expression, in and out of its classes. */
const escaped = (text: string) =>
  Array.from(text, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`).join('');

/** @throws TemplateError */
export function parseTemplate(text: string, syntax: Syntax = DEFAULT_SYNTAX): Node {
  return new Parser(expandTabs(text), syntax).all();
}

class Parser {
  private at = 0;
  private depth = 0;
  private readonly plain: RegExp;
  private readonly plainInVariant: RegExp;
  private readonly plainInPath: RegExp;

  constructor(
    private readonly text: string,
    private readonly syntax: Syntax,
  ) {
    const run = (but: string) =>
      new RegExp(
        `(?:(?!${escaped(syntax.wildcardWrap)})[^${escaped(`#${syntax.variantStart}$%{${but}`)}])+`,
        'uy',
      );
    this.plain = run('');
    this.plainInVariant = run(`|${syntax.variantEnd}}`);
    this.plainInPath = run(')(');
  }

  all(): Node {
    const parts: Node[] = [];
    for (;;) {
      const part = this.assignment() ?? this.part(this.plain);
      if (part === null) break;
      parts.push(part);
    }
    this.skipRemarks();
    if (this.at < this.text.length) throw this.fault();
    return sequenceOf(parts);
  }

  /** What may stand within variants, variables and wraps. */
  private inner(): Node {
    if (++this.depth > MAX_NESTING) {
      throw new TemplateError(`Variants are nested more than ${MAX_NESTING} deep.`);
    }
    const parts: Node[] = [];
    for (;;) {
      const part = this.part(this.plainInVariant);
      if (part === null) break;
      parts.push(part);
    }
    this.depth--;
    return sequenceOf(parts);
  }

  private part(plain: RegExp): Node | null {
    this.skipRemarks();
    if (this.text.startsWith('${', this.at)) return this.variable();
    if (this.text.startsWith('%{', this.at)) return this.wrap();
    if (this.text.startsWith(this.syntax.variantStart, this.at)) return this.variants();
    if (this.text.startsWith(this.syntax.wildcardWrap, this.at)) return this.wildcard();
    return this.plainText(plain);
  }

  /** Pieces with remarks between them are joined by a blank. */
  private plainText(plain: RegExp): Node | null {
    const pieces: string[] = [];
    for (;;) {
      const before = this.at;
      this.skipRemarks();
      const piece = this.take(plain);
      if (piece === null) {
        this.at = before;
        break;
      }
      pieces.push(piece[0]);
    }
    return pieces.length === 0 ? null : { kind: 'text', text: pieces.join(' ') };
  }

  private variants(): Node {
    const start = this.at;
    this.at += this.syntax.variantStart.length;
    this.skipSpaces();
    const method = this.method();
    const count = this.take(COUNT);
    const separator = count === null ? ',' : (this.take(SEPARATOR)?.[1] ?? ',');
    const options: Option[] = [];
    do {
      this.skipSpaces();
      const weight = Number(this.take(WEIGHT)?.[1] ?? 1);
      options.push({ value: this.inner(), weight });
    } while (this.skip('|'));
    if (!this.skip(this.syntax.variantEnd)) throw this.fault(start);
    if (this.syntax.keepBraces && count === null && method === null && options.length === 1) {
      const [{ value }] = options as [Option];
      const brace = (text: string): Node => ({ kind: 'text', text });
      return {
        kind: 'sequence',
        parts: [brace(this.syntax.variantStart), value, brace(this.syntax.variantEnd)],
      };
    }
    return { kind: 'variants', options, ...boundsOf(count, options.length), separator, method };
  }

  private wildcard(): Node {
    const start = this.at;
    this.at += this.syntax.wildcardWrap.length;
    const method = this.method();
    const path: Node[] = [];
    for (;;) {
      if (this.sees(OPENING_BRACKET)) break;
      this.skipRemarks();
      let part: Node | null;
      if (this.text.startsWith('${', this.at)) part = this.pathVariable();
      else if (this.text.startsWith(this.syntax.variantStart, this.at)) part = this.variants();
      else part = this.plainText(this.plainInPath) ?? this.plainText(this.plainInVariant);
      if (part === null) break;
      path.push(part);
    }
    const parameters = this.take(PARAMETERS)?.[1];
    if (path.length === 0 || !this.skip(this.syntax.wildcardWrap)) throw this.fault(start);
    return { kind: 'wildcard', path: sequenceOf(path), method, variables: this.parametersOf(parameters) };
  }

  private parametersOf(parameters: string | undefined): [string, Node][] {
    return (parameters?.split(',') ?? []).map((pair) => {
      const equals = pair.indexOf('=');
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [strip(name), parseTemplate(strip(value), this.syntax)];
    });
  }

  /** A name in a wildcard's name stands for itself where it has no value. */
  private pathVariable(): Node {
    const variable = this.variable();
    if (variable.kind !== 'variable') throw this.fault();
    const { name, fallback } = variable;
    const none = fallback === null || fallback === NOTHING;
    const own: Node = { kind: 'text', text: name };
    const trimmed: Node | null =
      fallback?.kind === 'text' ? { kind: 'text', text: strip(fallback.text) } : fallback;
    return { kind: 'variable', name, fallback: none ? own : trimmed };
  }

  private variable(): Node {
    const start = this.at;
    this.at += 2;
    this.skipSpaces();
    const name = this.take(NAME)?.[0];
    if (name === undefined) throw this.fault(start);
    this.skipSpaces();
    let fallback: Node | null = null;
    if (this.skip(':')) {
      this.skipSpaces();
      fallback = this.inner();
    }
    this.skipSpaces();
    if (!this.skip('}')) throw this.fault(start);
    return { kind: 'variable', name, fallback };
  }

  /** Only outside of everything else. Null where there is none. */
  private assignment(): Node | null {
    this.skipRemarks();
    const start = this.at;
    if (!this.skip('${')) return null;
    this.skipSpaces();
    const name = this.take(NAME)?.[0];
    this.skipSpaces();
    const overwrite = !this.skip('?');
    if (name === undefined || !this.skip('=')) {
      this.at = start;
      return null;
    }
    const immediate = this.skip('!');
    this.skipSpaces();
    const value = this.inner();
    this.skipSpaces();
    if (!this.skip('}')) throw this.fault(start);
    return { kind: 'assignment', name, value, immediate, overwrite };
  }

  private wrap(): Node {
    const start = this.at;
    this.at += 2;
    this.skipSpaces();
    const wrapper = this.inner();
    this.skipSpaces();
    if (!this.skip('$$')) throw this.fault(start);
    this.skipSpaces();
    const inner = this.inner();
    if (!this.skip('}')) throw this.fault(start);
    return { kind: 'wrap', wrapper, inner };
  }

  private method(): Method | null {
    const sign = this.take(METHOD)?.[0];
    return sign === undefined ? null : METHODS[sign]!;
  }

  private skipSpaces(): void {
    this.skipRemarks();
    this.take(SPACES);
    this.skipRemarks();
  }

  private skipRemarks(): void {
    while (this.take(REMARK));
  }

  private take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const match = expression.exec(this.text);
    if (match) this.at += match[0].length;
    return match;
  }

  private sees(expression: RegExp): boolean {
    expression.lastIndex = this.at;
    return expression.test(this.text);
  }

  private skip(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** What begins at `start` is not what it should be. */
  private fault(start = this.at): TemplateError {
    const sign = this.text.slice(start, start + 2);
    return new TemplateError(
      `What begins with “${sign}” at character ${start + 1} is not whole, or means nothing in a template.`,
    );
  }
}

function sequenceOf(parts: readonly Node[]): Node {
  if (parts.length === 0) return NOTHING;
  return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
}

/** `2$$`, `1-2$$`, `-2$$`, `2-$$`: in either order, one where nothing is said. */
function boundsOf(count: RegExpExecArray | null, options: number): Pick<Variants, 'low' | 'high'> {
  if (count === null) return { low: 1, high: 1 };
  const [, from, to, most, least, exact] = count;
  const bounds = [Number(exact ?? from ?? least ?? 1), Number(exact ?? to ?? most ?? options)];
  return { low: Math.min(...bounds), high: Math.max(...bounds) };
}

/** As Python's expandtabs(): to columns of eight. */
function expandTabs(text: string): string {
  let column = 0;
  return text.replace(/[\t\r\n]|[^\t\r\n]+/g, (part) => {
    if (part === '\t') {
      const blanks = 8 - (column % 8);
      column += blanks;
      return ' '.repeat(blanks);
    }
    column = part === '\n' || part === '\r' ? 0 : column + [...part].length;
    return part;
  });
}
