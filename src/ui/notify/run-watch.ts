// Tells a person who is elsewhere that a run is over. It is offered once, after the first run that was long to wait for.
import type { RunEnd } from '../state/generation.svelte.ts';

/** Milliseconds after which one does something else meanwhile. */
export const LONG = 30_000;

/** `unasked`: to be offered once. */
export type NotifyChoice = 'unasked' | 'on' | 'off';

export interface RunSummary {
  /** Milliseconds. */
  readonly took: number;
  readonly pictures: number;
  readonly failed: boolean;
}

export interface RunWatchHost {
  readonly settings: { readonly notify: NotifyChoice; readonly notifySound: boolean };
  /** Pictures of the job that has just finished. */
  readonly pictures: () => number;
  /** The person does not see the page. */
  readonly away: () => boolean;
  readonly notify: (run: RunSummary) => Promise<void>;
  readonly sound: () => Promise<void>;
  /** Asks whether to be told from now on. */
  readonly offer: (run: RunSummary) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

export class RunWatch {
  #failed = false;
  #ended = false;
  #pictures = 0;

  constructor(private readonly host: RunWatchHost) {}

  /** A job of the run has ended. One that was stopped has a person beside it. */
  jobEnded({ status }: RunEnd): void {
    if (status === 'failed') this.#failed = true;
    if (status === 'finished') this.#pictures += this.host.pictures();
    if (status === 'failed' || status === 'finished') this.#ended = true;
  }

  /** Around a run, from the first job of the queue to its last. */
  async during(work: () => Promise<void>): Promise<void> {
    const { host } = this;
    const start = host.now();
    this.#failed = this.#ended = false;
    this.#pictures = 0;
    await work();
    const run = { took: host.now() - start, pictures: this.#pictures, failed: this.#failed };
    // Nobody waits for this, and a browser that refuses has its reasons.
    if (this.#ended) void this.#tell(run).catch(() => undefined);
  }

  async #tell(run: RunSummary): Promise<void> {
    const { host } = this;
    const { notify, notifySound } = host.settings;
    // A sound that the browser refuses keeps nothing back.
    if (notifySound) void host.sound().catch(() => undefined);
    if (run.took < LONG) return;
    if (notify === 'unasked') host.offer(run);
    else if (notify === 'on' && host.away()) await host.notify(run);
  }
}
