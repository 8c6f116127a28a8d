// What may be taken of variants together: 2 of a, b and c are ab, ac, ba, bc, ca and cb.
import { keyOf, type Node, type Variants } from './nodes.ts';
import type { Scope } from './scope.ts';

/** The fewest first; in each none equals another. */
export function* combinationsOf(variants: Variants, scope: Scope): Generator<readonly Node[], void> {
  const values = variants.options.map(({ value }) => value);
  const high = Math.min(variants.high, values.length);
  for (let count = Math.min(variants.low, values.length); count <= high; count++) {
    yield* choose(values, count, scope);
  }
}

function* choose(values: readonly Node[], count: number, scope: Scope): Generator<readonly Node[], void> {
  if (count <= 0) return yield [];
  for (const value of values) {
    scope.around.budget.spend(count === 1 ? 1 : values.length);
    if (count === 1) yield [value];
    else {
      const others = values.filter((other) => keyOf(other) !== keyOf(value));
      for (const rest of choose(others, count - 1, scope)) yield [value, ...rest];
    }
  }
}
