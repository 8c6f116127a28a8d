// Divides the time there is among measurements: how long each may take, and which would take too long to begin.
// All times are seconds; the clock is the caller's.

/** A measurement, as far as its time goes. */
export interface Work {
  /** Who does it: measurements of one worker go at one speed. */
  readonly worker: string;
  /** Of one run. */
  readonly flops: number;
  readonly weightBytes: number;
  /** Its share of the time, against the others'. */
  readonly weight: number;
}

/** What a measurement took. */
export interface Took {
  /** From its start until it could run: reading and uploading weights. */
  readonly loading: number;
  /** Of one warm run; null where there was none. */
  readonly run: number | null;
}

/** Nothing starts with less left. */
const LEAST = 10;
/** Shorter makes no sense: programs must start, and weights be read. */
const SHORTEST = 45;
/** Runs that a measurement is worth its start for: a first and a warm one. */
const RUNS = 2;

export class Budget {
  /** FLOP/s and bytes/s, by worker. */
  readonly #speeds = new Map<string, { flops: number | null; bytes: number }>();

  /**
   * `end`: on the caller's clock. `generous`: a measurement may take this much more than its share, since most take less,
   * and what is left over goes to the later ones.
   */
  constructor(
    readonly end: number,
    readonly generous = 2.5,
  ) {}

  left(now: number): number {
    return Math.max(0, this.end - now);
  }

  /** How long it may take at most, with the others still to come. */
  allowance(now: number, work: Work, later: readonly Work[]): number {
    const left = this.left(now);
    const shares = later.reduce((sum, { weight }) => sum + weight, work.weight);
    return Math.min(left, Math.max(SHORTEST, (this.generous * left * work.weight) / shares));
  }

  /** Why not to begin, or null. */
  refusal(now: number, work: Work): string | null {
    const left = this.left(now);
    if (left < LEAST) return 'the time was up';
    const needed = this.estimate(work);
    if (needed !== null && needed > left)
      return `it takes about ${Math.ceil(needed)} s by what was seen, and ${Math.floor(left)} s were left`;
    return null;
  }

  /** By what the same worker took before; null before it took anything. */
  estimate({ worker, flops, weightBytes }: Work): number | null {
    const speed = this.#speeds.get(worker);
    if (!speed) return null;
    const running = speed.flops === null ? 0 : (RUNS * flops) / speed.flops;
    return weightBytes / speed.bytes + running;
  }

  learn({ worker, flops, weightBytes }: Work, { loading, run }: Took): void {
    const before = this.#speeds.get(worker);
    const flopsNow = run === null || run <= 0 ? null : flops / run;
    // Small networks are slow for their size: the best that was seen counts.
    this.#speeds.set(worker, {
      flops: best(before?.flops ?? null, flopsNow),
      bytes: best(before?.bytes ?? null, weightBytes / Math.max(loading, 1e-3))!,
    });
  }
}

function best(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}
