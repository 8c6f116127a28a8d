// Draws: each text of a stream is drawn anew (adieyal/dynamicprompts, samplers/random.py, with the order of its draws).
import { TemplateError } from './errors.ts';
import type { Items } from './items.ts';
import { keyOf, type Node, type Option, type Variants, type Wildcard } from './nodes.ts';
import { following, type Scope, type Texts, type Varied } from './scope.ts';
import { choicesOf, endless, sequence, wrap } from './streams.ts';

/** Of a list with weights so many are drawn at once. */
const DRAWN_AT_ONCE = 10;

export function random(node: Varied, scope: Scope): Texts {
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
      return wrapped(scope.texts(node.wrapper), scope.texts(node.inner), scope);
  }
}

function* fromVariants(variants: Variants, scope: Scope): Generator<string, void> {
  const { options, separator } = variants;
  if (options.length === 1) {
    const choices = choicesOf(variants, scope);
    const texts = choices ? fromVariants(choices, scope.within()) : scope.texts(options[0]!.value);
    for (;;) yield following(texts);
  }
  const { random: numbers, budget } = scope.around;
  for (;;) {
    const count = numbers.randint(
      Math.min(variants.low, options.length),
      Math.min(variants.high, options.length),
    );
    const streams = drawSeveral(options, count, scope).map((value) => scope.texts(value));
    yield budget.join(streams.map(following), separator);
  }
}

/** Each once. With what is drawn goes the first weight that equals its own, as in the original. */
function drawSeveral(options: readonly Option[], count: number, scope: Scope): Node[] {
  const values = options.map(({ value }) => value);
  const weights = options.map(({ weight }) => weight);
  const drawn: Node[] = [];
  for (let i = 0; i < count; i++) {
    scope.around.budget.spend(values.length);
    const value = values[drawWeighted(weights, scope)]!;
    drawn.push(value);
    const first = values.findIndex((other) => other === value || keyOf(other) === keyOf(value));
    weights.splice(weights.indexOf(weights[first]!), 1);
    values.splice(first, 1);
  }
  return drawn;
}

function drawWeighted(weights: readonly number[], scope: Scope): number {
  let sum = 0;
  const sums = weights.map((weight) => (sum += weight));
  return drawBySums(sums, scope);
}

function drawBySums(sums: readonly number[], scope: Scope): number {
  if (!(sums.at(-1)! > 0)) throw new TemplateError('The weights of these variants leave none to be drawn.');
  return scope.around.random.weighted(sums);
}

function* fromList(wildcard: Wildcard, outer: Scope): Generator<string, void> {
  const { items, whole } = outer.lookUp(wildcard);
  if (items.all.length === 0) return yield* endless(whole);
  const scope = outer.withVariables(wildcard.variables);
  for (const text of draws(items, scope)) yield* first(scope.sample(text));
}

function* draws(items: Items, scope: Scope): Generator<string, void> {
  const { sums, all } = items;
  for (;;) {
    if (sums === null) yield scope.around.random.choice(all).text;
    else {
      const some = Array.from({ length: DRAWN_AT_ONCE }, () => all[drawBySums(sums, scope)]!);
      for (const { text } of some) yield text;
    }
  }
}

function* first(texts: Texts): Generator<string, void> {
  const next = texts.next();
  if (!next.done) yield next.value;
}

function* wrapped(wrappers: Texts, inners: Texts, scope: Scope): Generator<string, void> {
  for (;;) yield wrap(following(wrappers), following(inners), scope);
}
