// How long a job goes on, from how long its steps took.

export class TimeLeft {
  #start: number;
  #first: { readonly time: number; readonly done: number } | null = null;

  /** `total`: all the work there is, in batches. */
  constructor(
    private readonly total: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#start = now();
  }

  /** Milliseconds since the job began. */
  get elapsedMs(): number {
    return this.now() - this.#start;
  }

  /** What took so many milliseconds says nothing of how long steps take. */
  leaveOut(milliseconds: number): void {
    if (this.#first) this.#first = { ...this.#first, time: this.#first.time + milliseconds };
  }

  /**
   * Call with what is done so far, parts counted; gives the milliseconds left, null while unknown. The first step compiles shaders
   * and is left out of the average.
   */
  update(done: number): number | null {
    const time = this.now();
    if (!this.#first) {
      this.#first = { time, done };
      return null;
    }
    const steps = done - this.#first.done;
    return steps > 0 ? ((time - this.#first.time) / steps) * (this.total - done) : null;
  }
}
