// Circles: each text of a stream is the next one (adieyal/dynamicprompts, samplers/cycle.py).
import { combinationsOf } from './combinations.ts';
import { TemplateError } from './errors.ts';
import type { Node, Variants, Wildcard } from './nodes.ts';
import { following, type Scope, type Texts, type Varied } from './scope.ts';
import { choicesOf, endless, sequence } from './streams.ts';

export function cyclical(node: Varied, scope: Scope): Texts {
  switch (node.kind) {
    case 'text':
      return endless(node.text);
    case 'sequence':
      return sequence(node, scope);
    case 'variants':
      return fromVariants(node, scope);
    case 'wildcard':
      return fromList(node, scope);
    case 'wrap':
      throw new TemplateError('%{...} cannot be taken in turn (@).');
  }
}

function* fromVariants(variants: Variants, scope: Scope): Generator<string, void> {
  const choices = choicesOf(variants, scope);
  if (choices) return yield* fromVariants(choices, scope.within());
  yield* inTurn(combinationsOf(variants, scope), (values) => together(values, variants.separator, scope));
}

function* together(values: readonly Node[], separator: string, scope: Scope): Generator<string, void> {
  const streams = values.map((value) => scope.texts(value));
  for (;;) yield scope.around.budget.join(streams.map(following), separator);
}

function* fromList(wildcard: Wildcard, outer: Scope): Generator<string, void> {
  const { items, whole } = outer.lookUp(wildcard);
  if (items.all.length === 0) return yield* endless(whole);
  const scope = outer.withVariables(wildcard.variables).as('cyclical');
  yield* inTurn(items.repeated(), (text) => scope.sample(text));
}

/** The next text of one stream after another, in a circle. */
function* inTurn<T>(things: Iterable<T>, open: (thing: T) => Texts): Generator<string, void> {
  const streams: Texts[] = [];
  for (const thing of things) {
    const stream = open(thing);
    streams.push(stream);
    yield following(stream);
  }
  if (streams.length === 0) throw new TemplateError('Variants leave nothing to take in turn.');
  for (;;) for (const stream of streams) yield following(stream);
}
