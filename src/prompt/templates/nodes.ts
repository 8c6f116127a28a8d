// What a template is made of (adieyal/dynamicprompts, src/dynamicprompts/commands).

/** How one of several is taken: drawn, all of them in turn as prompts of their own, or the next one. */
export type Method = 'random' | 'combinatorial' | 'cyclical';

export interface Text {
  readonly kind: 'text';
  readonly text: string;
}

export interface Sequence {
  readonly kind: 'sequence';
  readonly parts: readonly Node[];
}

export interface Option {
  readonly value: Node;
  /** Compared with the 1 of those without a weight. */
  readonly weight: number;
}

/** `{2$$ and $$3::a|b}` */
export interface Variants {
  readonly kind: 'variants';
  readonly options: readonly Option[];
  /** How many are taken, at least and at most; `low` <= `high`. */
  readonly low: number;
  readonly high: number;
  readonly separator: string;
  /** Null: as around it. */
  readonly method: Method | null;
}

/** `__colours(mood=sad)__` */
export interface Wildcard {
  readonly kind: 'wildcard';
  readonly path: Node;
  readonly method: Method | null;
  readonly variables: readonly (readonly [name: string, value: Node])[];
}

/** `${x=a}`; `${x=!a}` is made out once, `${x?=a}` only where x has no value. */
export interface Assignment {
  readonly kind: 'assignment';
  readonly name: string;
  readonly value: Node;
  readonly immediate: boolean;
  readonly overwrite: boolean;
}

/** `${x}`, `${x:a}` */
export interface Variable {
  readonly kind: 'variable';
  readonly name: string;
  readonly fallback: Node | null;
}

/** `%{a ... by night$$cat}` */
export interface Wrap {
  readonly kind: 'wrap';
  readonly wrapper: Node;
  readonly inner: Node;
}

export type Node = Text | Sequence | Variants | Wildcard | Assignment | Variable | Wrap;

export const NOTHING: Sequence = { kind: 'sequence', parts: [] };

/** An empty template is none: a variable that is set to it has no value. */
export function isNothing(node: Node): boolean {
  return node.kind === 'sequence' && node.parts.length === 0;
}

/** How a part says it wants to be taken itself. */
export function methodOf(node: Node): Method | null {
  return node.kind === 'variants' || node.kind === 'wildcard' ? node.method : null;
}

/** Draws and turns of a circle have no end. */
export function isEndless(method: Method): boolean {
  return method !== 'combinatorial';
}

const keys = new WeakMap<Node, string>();

/** The same for parts that say the same. */
export function keyOf(node: Node): string {
  let key = keys.get(node);
  if (key === undefined) {
    key = JSON.stringify(node);
    keys.set(node, key);
  }
  return key;
}
