// What draws, circles and combinations have in common (adieyal/dynamicprompts, samplers/base.py, samplers/utils.py).
import type { Option, Sequence, Variants } from './nodes.ts';
import { following, type Scope } from './scope.ts';

/** Where a wrap's text goes: dots, or an ellipsis of some script. */
const PLACE = /[\u1801\u2026\u22ee\u22ef\u22f0\u22f1\ufe19]+|\.{3,}/;

export function* endless(text: string): Generator<string, void> {
  for (;;) yield text;
}

/** The next text of each part, joined, again and again. */
export function* sequence(node: Sequence, outer: Scope): Generator<string, void> {
  const { parts, scope } = outer.assigned(node);
  const streams = parts.map((part) => scope.texts(part));
  for (;;) yield scope.around.budget.join(streams.map(following), '');
}

/** A wrapper's text with another at its dots; after it where it has none. */
export function wrap(wrapper: string, inner: string, scope: Scope): string {
  const place = PLACE.exec(wrapper);
  const start = place?.index ?? wrapper.length;
  return scope.around.budget.join(
    [wrapper.slice(0, start), inner, wrapper.slice(start + (place?.[0].length ?? 0))],
    '',
  );
}

/** Where one wildcard is all there is to choose from, its texts are. Null elsewhere. */
export function choicesOf(variants: Variants, scope: Scope): Variants | null {
  const [only, second] = variants.options;
  if (only?.value.kind !== 'wildcard' || second) return null;
  const { items } = scope.lookUp(only.value);
  const count = items.all.length;
  if (count === 0) return null;
  const options: Option[] = [];
  for (const text of items.repeated()) options.push({ value: scope.parse(text), weight: 1 });
  return {
    ...variants,
    options,
    low: Math.min(variants.low, count),
    high: Math.min(variants.high, count),
  };
}
