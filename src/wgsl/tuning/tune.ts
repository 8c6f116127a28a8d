// Finds the fastest kernel for each shape within a budget: shapes by their share of the arithmetic, so that what is left when the
// time is up matters least.
import type { Kernel } from '../dispatches.ts';
import { kernelName } from './candidates.ts';
import type { Timing, Trial } from './kernel-timer.ts';
import type { Shape } from './shapes.ts';

/** What came out for a shape. */
export interface Tuned {
  /** Of the fastest kernel (candidates.ts). */
  readonly kernel: string;
  /** Its time, and the default's. */
  readonly ms: number;
  readonly defaultMs: number;
}

export interface TuningProgress {
  /** 0..1 of the arithmetic. */
  readonly fraction: number;
  /** Seconds. */
  readonly left: number;
}

export interface TuningOutcome {
  readonly shapes: ReadonlyMap<string, Tuned>;
  /** Kernels that were not taken, and why. */
  readonly refused: readonly { readonly key: string; readonly kernel: string; readonly why: string }[];
  /** Whether all shapes were looked at. */
  readonly complete: boolean;
}

export interface TuningOptions {
  /** The default first. */
  readonly candidates: (shape: Shape) => readonly Kernel[];
  readonly open: (shape: Shape) => Promise<Trial | null>;
  /** Called for all candidates of a shape a while before they are timed. */
  readonly prepare?: (shape: Shape, kernel: Kernel) => void;
  /** Milliseconds in all. */
  readonly budget: number;
  readonly now: () => number;
  readonly stopped: () => boolean;
  readonly onProgress: (progress: TuningProgress) => void;
}

/** Shapes after which it is known what does well on the card: later ones try so many kernels, the best so far. */
const LEARNED_AFTER = 6;
const TRIED_LATER = 10;

/** How kernels have done so far: 1 for the fastest of a shape, less for slower ones. */
class Experience {
  readonly #scores = new Map<string, { sum: number; shapes: number }>();
  readonly #shapes = new Map<string, number>();

  learn(kind: string, times: ReadonlyMap<string, number>): void {
    const best = Math.min(...times.values());
    for (const [name, ms] of times) {
      const score = this.#scores.get(`${kind} ${name}`) ?? { sum: 0, shapes: 0 };
      this.#scores.set(`${kind} ${name}`, { sum: score.sum + best / ms, shapes: score.shapes + 1 });
    }
    this.#shapes.set(kind, (this.#shapes.get(kind) ?? 0) + 1);
  }

  /** The default stays first. */
  sorted(kind: string, kernels: readonly Kernel[]): readonly Kernel[] {
    const [first, ...others] = kernels;
    if (first === undefined) return [];
    const scoreOf = (kernel: Kernel) => {
      const score = this.#scores.get(`${kind} ${kernelName(kernel)}`);
      return score ? score.sum / score.shapes : 0;
    };
    const sorted = others.toSorted((a, b) => scoreOf(b) - scoreOf(a));
    const learned = (this.#shapes.get(kind) ?? 0) >= LEARNED_AFTER;
    return [first, ...(learned ? sorted.slice(0, TRIED_LATER) : sorted)];
  }
}

export async function tune(shapes: readonly Shape[], options: TuningOptions): Promise<TuningOutcome> {
  const { candidates, open, prepare, budget, now, stopped, onProgress } = options;
  const start = now();
  const end = start + budget;
  const over = () => stopped() || now() >= end;
  const total = shapes.reduce((sum, { flops }) => sum + flops, 0);
  const found = new Map<string, Tuned>();
  const refused: TuningOutcome['refused'][number][] = [];
  let done = 0;
  let looked = 0;
  const experience = new Experience();
  // Writing so many shaders takes a while, too.
  const known = new Map<Shape, readonly Kernel[]>();
  const candidatesFor = (shape: Shape) => {
    const all = known.get(shape) ?? candidates(shape);
    known.set(shape, all);
    return experience.sorted(shape.step.kind, all);
  };
  const prepareNext = (shape: Shape | undefined) => {
    if (shape && prepare) for (const kernel of candidatesFor(shape)) prepare(shape, kernel);
  };
  prepareNext(shapes[0]);
  for (const [at, shape] of shapes.entries()) {
    if (over()) break;
    prepareNext(shapes[at + 1]);
    const trial = await open(shape).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      refused.push({ key: shape.key, kernel: 'default', why });
      return null;
    });
    try {
      let best: { readonly kernel: string; readonly ms: number } | null = null;
      let defaultMs = Infinity;
      const all = trial ? candidatesFor(shape) : [];
      const times = new Map<string, number>();
      for (const [i, kernel] of all.entries()) {
        // Without the default there is nothing to compare with.
        if (i > 0 && (over() || best === null)) break;
        const name = kernelName(kernel);
        const timing: Timing = await trial!.time(kernel, best?.ms ?? Infinity);
        if (timing.outcome === 'refused') refused.push({ key: shape.key, kernel: name, why: timing.why });
        else {
          times.set(name, timing.ms);
          if (i === 0) defaultMs = timing.ms;
          if (best === null || timing.ms < best.ms) best = { kernel: name, ms: timing.ms };
        }
        const fraction = total > 0 ? (done + (shape.flops * (i + 1)) / all.length) / total : 1;
        onProgress({ fraction, left: timeLeft(now() - start, fraction, end - now()) });
      }
      if (best) found.set(shape.key, { ...best, defaultMs });
      experience.learn(shape.step.kind, times);
    } finally {
      trial?.release();
    }
    done += shape.flops;
    if (!over()) looked = at + 1;
  }
  return { shapes: found, refused, complete: looked === shapes.length };
}

/** Seconds; no more than the budget leaves. */
function timeLeft(spent: number, fraction: number, most: number): number {
  const expected = fraction > 0 ? (spent / fraction) * (1 - fraction) : most;
  return Math.max(0, Math.min(expected, most)) / 1000;
}
