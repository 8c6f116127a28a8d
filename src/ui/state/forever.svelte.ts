// "Generate forever": when its job has ended the next one is asked for, with what is set then, until it is ended.
import type { Seed } from '../../generation/request/seeds.ts';
import type { QueuedJob } from '../../library/queue.ts';
import type { RunEnd } from './generation.svelte.ts';

export interface ForeverHost {
  /** What the queue holds. */
  readonly jobs: () => readonly Pick<QueuedJob, 'id'>[];
  /** What is set now: the seed, and the pictures that one job makes. */
  readonly set: () => { readonly seed: Seed; readonly pictures: number };
  /**
   * Adds a job of what is set, whose seeds go on after `made` pictures. Resolves with its id, null where none could be
   * added and that has been said.
   */
  readonly ask: (made: number) => Promise<string | null>;
}

export class GenerateForever {
  /** Id of the job after which another one comes. */
  #job = $state<string | null>(null);
  /** The next job is on its way to the queue. */
  #asking = $state(false);
  /** Pictures since the seed was set, and that seed. */
  #made = 0;
  #seed: Seed | null = null;

  constructor(private readonly host: ForeverHost) {}

  /** A job that was taken out of the queue has no next one. */
  get active(): boolean {
    return this.#asking || (this.#job !== null && this.host.jobs().some(({ id }) => id === this.#job));
  }

  async start(): Promise<void> {
    if (this.active) return;
    this.#made = 0;
    this.#seed = null;
    await this.#ask();
  }

  /** The job that runs is the last. */
  end(): void {
    this.#job = null;
    this.#asking = false;
  }

  /** A job has ended. One that failed would fail again. */
  async ended(id: string, { status }: RunEnd): Promise<void> {
    if (id !== this.#job) return;
    if (status === 'finished' || status === 'interrupted') await this.#ask();
    else this.end();
  }

  async #ask(): Promise<void> {
    const { seed, pictures } = this.host.set();
    if (seed !== this.#seed) this.#made = 0;
    this.#seed = seed;
    this.#asking = true;
    const id = await this.host.ask(this.#made);
    this.#made += pictures;
    // Ended meanwhile.
    if (!this.#asking) return;
    this.#job = id;
    this.#asking = false;
  }
}
