// Combinations: a stream gives all that a part may become, once each (adieyal/dynamicprompts, samplers/combinatorial.py).
import { combinationsOf } from './combinations.ts';
import { TemplateError } from './errors.ts';
import {
  isEndless,
  keyOf,
  type Node,
  type Sequence,
  type Variants,
  type Wildcard,
  type Wrap,
} from './nodes.ts';
import { following, type Scope, type Texts, type Varied } from './scope.ts';
import { choicesOf, endless, wrap } from './streams.ts';

/** Of one sequence: each is a level of the combinations. */
const MAX_PARTS = 500;

export function* combinatorial(node: Varied, scope: Scope): Generator<string, void> {
  switch (node.kind) {
    case 'text':
      yield node.text;
      break;
    case 'sequence':
      yield* fromSequence(node, scope);
      break;
    case 'variants':
      yield* fromVariants(node, scope);
      break;
    case 'wildcard':
      yield* fromList(node, scope);
      break;
    case 'wrap':
      yield* wrapped(node, scope);
  }
}

function* fromSequence(node: Sequence, outer: Scope): Generator<string, void> {
  const { parts, scope } = outer.assigned(node);
  if (parts.length > MAX_PARTS) {
    throw new TemplateError(`A template of more than ${MAX_PARTS} parts has too many combinations.`);
  }
  // Parts without an end that say the same go on together.
  const streams = new Map<string, Texts>();
  for (const part of parts) {
    if (isEndless(scope.methodFor(part)) && !streams.has(keyOf(part)))
      streams.set(keyOf(part), scope.texts(part));
  }
  function* from(i: number): Generator<readonly string[], void> {
    const part = parts[i];
    if (!part) return yield [];
    const stream = streams.get(keyOf(part));
    if (stream) for (const rest of from(i + 1)) yield [following(stream), ...rest];
    else for (const text of all(part, scope)) for (const rest of from(i + 1)) yield [text, ...rest];
  }
  for (const texts of from(0)) yield scope.around.budget.join(texts, '');
}

function* fromVariants(variants: Variants, scope: Scope): Generator<string, void> {
  const choices = choicesOf(variants, scope);
  if (choices) return yield* fromVariants(choices, scope.within());
  const seen = new Set<string>();
  for (const values of combinationsOf(variants, scope)) {
    for (const texts of together(values, scope)) {
      const key = JSON.stringify(texts);
      scope.around.budget.spend(key.length);
      if (new Set(texts).size < texts.length || seen.has(key)) continue;
      seen.add(key);
      yield scope.around.budget.join(texts, variants.separator);
    }
  }
}

function* together([first, ...others]: readonly Node[], scope: Scope): Generator<readonly string[], void> {
  if (!first) return yield [];
  if (isEndless(scope.methodFor(first))) {
    const stream = scope.texts(first);
    for (const rest of together(others, scope)) yield [following(stream), ...rest];
  } else
    for (const text of all(first, scope)) for (const rest of together(others, scope)) yield [text, ...rest];
}

function* fromList(wildcard: Wildcard, outer: Scope): Generator<string, void> {
  const { items, whole } = outer.lookUp(wildcard);
  if (items.all.length === 0) return yield* endless(whole);
  const scope = outer.withVariables(wildcard.variables);
  for (const text of items.repeated()) yield* scope.sample(text);
}

function* wrapped({ wrapper, inner }: Wrap, scope: Scope): Generator<string, void> {
  for (const around of scope.sample(wrapper))
    for (const text of scope.sample(inner)) yield wrap(around, text, scope);
}

function* all(node: Node, scope: Scope): Generator<string, void> {
  const texts = scope.texts(node);
  for (let next = texts.next(); !next.done; next = texts.next()) yield next.value;
}
