// Seeds: what they may be, and which seed and variation seed each picture of a job has (A1111 modules/processing.py,
// process_images_inner). They have 64 bits, more than a number holds exactly, so that one rounded on its way gives another picture.

/** A whole number: a number where JavaScript holds it exactly, else a bigint. One seed has one form, so `===` compares. */
export type Seed = number | bigint;

/** What torch.manual_seed takes: below zero it means the same as 2^64 more. */
export const SEED_LIMITS = { min: -(2n ** 63n), max: 2n ** 64n - 1n } as const;
/** Asks for a random one. */
export const RANDOM_SEED = -1;

/** A1111 draws its random seeds below this. */
const RANDOM_SEEDS = 4294967294;

/** A seed out of a text, a stored record or a request; null for what is none, or beyond 64 bits. */
export function parseSeed(value: unknown): Seed | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
  if (typeof value === 'bigint') {
    const fits = value >= SEED_LIMITS.min && value <= SEED_LIMITS.max;
    return fits ? seedOf(value) : null;
  }
  const digits = typeof value === 'string' ? /^\s*([+-]?)(\d{1,40})\s*$/.exec(value) : null;
  if (digits === null) return null;
  const size = BigInt(digits[2]!);
  return parseSeed(digits[1] === '-' ? -size : size);
}

export function addToSeed(seed: Seed, count: number): Seed {
  return seedOf(BigInt(seed) + BigInt(count));
}

export function randomSeed(): Seed {
  return Math.floor(Math.random() * RANDOM_SEEDS);
}

function seedOf(value: bigint): Seed {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

interface Seeded {
  readonly seed: Seed;
  readonly subseed: Seed;
  /** 0: the variation seed counts for nothing. */
  readonly subseedStrength: number;
}

/** -1 becomes a random seed. */
export function resolveSeeds<T extends Seeded>(parameters: T): T {
  const resolve = (seed: Seed) => (seed === RANDOM_SEED ? randomSeed() : seed);
  return { ...parameters, seed: resolve(parameters.seed), subseed: resolve(parameters.subseed) };
}

/** Picture `index`, counted over all batches, has a seed of its own, or while varying a variation seed of its own. */
export function seedsOf({ seed, subseed, subseedStrength }: Seeded, index: number) {
  return {
    seed: subseedStrength === 0 ? addToSeed(seed, index) : seed,
    subseed: addToSeed(subseed, index),
  };
}

/**
 * A request's seeds for the pictures after its first `count`, as if all were one job; -1 stays, and beyond 64 bits
 * it is -1.
 */
export function laterSeeds<T extends Seeded>(parameters: T, count: number): T {
  const later = (seed: Seed) =>
    seed === RANDOM_SEED ? seed : (parseSeed(BigInt(seed) + BigInt(count)) ?? RANDOM_SEED);
  const { seed, subseed, subseedStrength } = parameters;
  return { ...parameters, seed: subseedStrength === 0 ? later(seed) : seed, subseed: later(subseed) };
}
