// Turns "so many bytes are done" into progress with a rate and the time left, a few times a second.
import type { ImportProgress } from './import-types.ts';

/** The rate is that of the last few seconds: a disk's cache makes the first ones misleading. */
const WINDOW_MS = 5000;
const REPORT_EVERY_MS = 150;

/** `Stage`: what the work goes through. */
export class ProgressMeter<Stage extends string = ImportProgress['stage']> {
  #samples: { readonly time: number; readonly done: number }[] = [];
  #lastReport = -Infinity;
  #stage: Stage | null = null;

  constructor(
    private readonly total: number,
    private readonly onProgress: (
      progress: Omit<ImportProgress, 'stage'> & { readonly stage: Stage },
    ) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** `always`: report even if the last report was a moment ago. */
  report(stage: Stage, done: number, always = false): void {
    const time = this.now();
    if (!always && time - this.#lastReport < REPORT_EVERY_MS) return;
    this.#lastReport = time;
    if (stage !== this.#stage) this.#samples = [];
    this.#stage = stage;
    this.#samples.push({ time, done });
    while (this.#samples.length > 2 && time - this.#samples[0]!.time > WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    const rate = time > first.time ? ((done - first.done) * 1000) / (time - first.time) : 0;
    this.onProgress({
      stage,
      done,
      total: this.total,
      rate,
      remainingMs: rate > 0 ? ((this.total - done) * 1000) / rate : null,
    });
  }
}
