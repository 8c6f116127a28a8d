// How often one of several is drawn: `3::red|blue` draws red three times of four.

export interface Weighted {
  readonly text: string;
  /** Compared with the 1 of those without a weight. */
  readonly weight: number;
}

/** `0.5::a`: an alternative and how often it is wanted. */
export function readWeight(option: string): Weighted {
  const match = /^\s*(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})::/.exec(option);
  return match === null
    ? { text: option, weight: 1 }
    : { text: option.slice(match[0].length), weight: Number(match[1]) };
}

/** Alternatives of which some are drawn. */
export interface Alternatives {
  readonly options: readonly Weighted[];
  /** All have the same weight: a draw need not look at each, of which a list may have a hundred thousand. */
  readonly uniform: boolean;
}

export function alternativesOf(options: readonly Weighted[]): Alternatives {
  return { options, uniform: options.every(({ weight }) => weight === options[0]!.weight) };
}

/** Draws an index by weight; `random` gives numbers in [0, 1) and is asked only where there is a choice. */
export function drawWeighted({ options, uniform }: Alternatives, random: () => number): number {
  if (options.length === 1) return 0;
  const total = uniform ? 0 : options.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0)) return Math.min(Math.floor(random() * options.length), options.length - 1);
  let left = random() * total;
  const found = options.findIndex(({ weight }) => (left -= weight) < 0);
  return found < 0 ? options.length - 1 : found;
}
