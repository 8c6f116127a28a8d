// Where a part of a template is made out: how, with which lists, numbers and variables (adieyal/dynamicprompts,
// sampling_context.py). What comes of a part is a stream of texts.
import type { PythonRandom } from '../../sampling/random/python-random.ts';
import { SPACE, strip } from '../python-text.ts';
import type { ExpansionBudget } from './budget.ts';
import { TemplateError, WildcardError } from './errors.ts';
import type { Items } from './items.ts';
import type { WildcardLists } from './lists.ts';
import {
  isEndless,
  isNothing,
  methodOf,
  type Method,
  type Node,
  type Sequence,
  type Wildcard,
} from './nodes.ts';
import { parseTemplate, type Syntax } from './parse.ts';

export type Texts = Iterator<string, void>;

/** What is not made out in the same way by all methods. */
export type Varied = Exclude<Node, { readonly kind: 'variable' | 'assignment' }>;
export type Streams = Readonly<Record<Method, (node: Varied, scope: Scope) => Texts>>;

const BLANKS = new RegExp(`[${SPACE}]+`, 'g');

/** How deep lists may refer to lists. */
const MAX_DEPTH = 32;

/** What stays the same for a template. */
export interface Surroundings {
  readonly streams: Streams;
  readonly lists: WildcardLists;
  readonly random: PythonRandom;
  readonly budget: ExpansionBudget;
  readonly syntax: Syntax;
  /** All blanks, tabs and line breaks become one blank. */
  readonly ignoreWhitespace: boolean;
  /** Wildcards without a list; they stay in the text. */
  readonly missing: Set<string>;
  /** Texts that have been read. */
  readonly parsed: Map<string, Node>;
}

interface Place {
  readonly method: Method;
  readonly variables: ReadonlyMap<string, Node>;
  /** Variables whose values are being made out. */
  readonly open: ReadonlySet<string>;
  readonly depth: number;
}

export class Scope {
  private constructor(
    readonly around: Surroundings,
    private readonly place: Place,
  ) {}

  static of(around: Surroundings, method: Method): Scope {
    return new Scope(around, { method, variables: new Map(), open: new Set(), depth: 0 });
  }

  private with(changes: Partial<Place>): Scope {
    return new Scope(this.around, { ...this.place, ...changes });
  }

  as(method: Method): Scope {
    return method === this.place.method ? this : this.with({ method });
  }

  withVariables(variables: Iterable<readonly [string, Node]>): Scope {
    return this.with({ variables: new Map([...this.place.variables, ...variables]) });
  }

  /** What a part is taken by: its own method, or the one around it. */
  methodFor(node: Node): Method {
    return methodOf(node) ?? this.place.method;
  }

  texts(node: Node): Texts {
    this.around.budget.spend(1);
    const { method } = this.place;
    const asked = this.methodFor(node);
    // Within draws and circles, which have no end, there is no "all of them".
    const scope = this.as(isEndless(method) && !isEndless(asked) ? method : asked);
    if (node.kind === 'assignment') {
      throw new TemplateError(`The variable ${node.name} gets a value, and nothing else is asked for.`);
    }
    if (node.kind === 'variable') return scope.valueOf(node.name, node.fallback);
    return this.around.streams[scope.place.method](node, scope);
  }

  private valueOf(name: string, fallback: Node | null): Texts {
    const value = this.place.variables.get(name) ?? fallback;
    if (value === null || isNothing(value)) {
      throw new TemplateError(`The variable \${${name}} has no value. Give it one: \${${name}=...}.`);
    }
    if (this.place.open.has(name)) throw new TemplateError(`The value of \${${name}} leads back to itself.`);
    return this.with({ open: new Set([...this.place.open, name]) }).texts(value);
  }

  /** What a text of a list gives, or a part; nothing where it is empty. */
  *sample(what: string | Node): Generator<string, void> {
    if (what === '') return;
    const node = typeof what === 'string' ? this.parse(what) : what;
    if (node === what && isNothing(node)) return;
    const texts = this.within().texts(node);
    for (let next = texts.next(); !next.done; next = texts.next()) {
      yield this.around.ignoreWhitespace ? squashed(next.value) : next.value;
    }
  }

  parse(text: string): Node {
    const { budget, parsed, syntax } = this.around;
    budget.spend(text.length);
    let node = parsed.get(text);
    if (node === undefined) {
      node = parseTemplate(text, syntax);
      parsed.set(text, node);
    }
    return node;
  }

  /** A level deeper. @throws WildcardError where lists lead back to themselves. */
  within(): Scope {
    if (this.place.depth >= MAX_DEPTH) {
      throw new WildcardError(
        'The wildcards of this prompt have no end: a list leads back to itself, or variants are nested too deep.',
      );
    }
    return this.with({ depth: this.place.depth + 1 });
  }

  /** What a wildcard stands for; where no list has its name, what stays in the text. */
  lookUp({ path }: Wildcard): { readonly items: Items; readonly whole: string } {
    const name = following(this.sample(path));
    const items = this.around.lists.find(name);
    const { wildcardWrap: wrap } = this.around.syntax;
    const whole = `${name.startsWith(wrap) ? '' : wrap}${name}${name.endsWith(wrap) ? '' : wrap}`;
    if (items.all.length === 0) this.around.missing.add(whole);
    return { items, whole };
  }

  /** Takes the variables of a sequence's assignments up. @returns the other parts, and where they are made out. */
  assigned({ parts }: Sequence): { readonly parts: readonly Node[]; readonly scope: Scope } {
    const values = new Map<string, Node>();
    const others: Node[] = [];
    for (const part of parts) {
      if (part.kind !== 'assignment') others.push(part);
      else {
        const { name, value, immediate, overwrite } = part;
        const before = overwrite ? undefined : this.place.variables.get(name);
        const made = (): Node => ({ kind: 'text', text: following(this.texts(value)) });
        values.set(name, before ?? (immediate ? made() : value));
      }
    }
    return { parts: others, scope: values.size === 0 ? this : this.withVariables(values) };
  }
}

/** The next text of a stream that has one. @throws TemplateError where it has none. */
export function following(texts: Texts): string {
  const next = texts.next();
  if (next.done)
    throw new TemplateError(
      'Variants leave nothing to choose: more are asked for than there are different ones.',
    );
  return next.value;
}

/** As Python's " ".join(text.split()). */
function squashed(text: string): string {
  return strip(text).replace(BLANKS, ' ');
}
