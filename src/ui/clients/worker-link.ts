// A worker behind a comlink proxy that may die: its calls then reject instead of waiting for ever.
import { releaseProxy, type Remote, wrap } from 'comlink';
import { Failure, type FailureCode, toFailure } from '../failure.ts';
import { failures as t } from '../strings/failures.ts';

/**
 * One life of a worker. `call` rejects with a Failure: what the worker threw, or `worker-died` once the worker failed to
 * start, threw outside of a call, or was stopped. A dead link stays dead; its owner makes a new one.
 */
export class WorkerLink<T> {
  readonly #worker: Worker;
  readonly #remote: Remote<T>;
  readonly #death: Promise<never>;
  #die: (reason: Failure) => void = () => {};
  #dead = false;

  constructor(
    worker: Worker,
    private readonly name: keyof typeof t.workers,
    /** What an error of a kind we do not know counts as. */
    private readonly fallback: FailureCode = 'internal',
  ) {
    this.#worker = worker;
    this.#death = new Promise<never>((_, reject) => {
      this.#die = (reason) => {
        this.#dead = true;
        reject(reason);
      };
    });
    // Nobody may be waiting when it happens.
    this.#death.catch(() => {});
    worker.addEventListener('error', (event) => {
      this.#end(
        new Failure(
          'worker-died',
          t.workerStopped(t.workers[this.name]),
          `${event.message} (${event.filename}:${event.lineno})`,
        ),
      );
    });
    worker.addEventListener('messageerror', () => {
      this.#end(new Failure('worker-died', t.workerGarbled(t.workers[this.name])));
    });
    this.#remote = wrap<T>(worker);
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Rejects when it dies; never resolves. */
  get death(): Promise<never> {
    return this.#death;
  }

  async call<R>(use: (remote: Remote<T>) => Promise<R>): Promise<R> {
    if (this.#dead) return this.#death;
    try {
      return await Promise.race([use(this.#remote), this.#death]);
    } catch (error) {
      throw toFailure(error, this.fallback);
    }
  }

  /** Ends the worker at once; pending calls reject with `reason`. */
  stop(reason: Failure = new Failure('worker-died', t.workerEnded(t.workers[this.name]))): void {
    this.#end(reason);
  }

  #end(reason: Failure): void {
    if (this.#dead) return;
    this.#remote[releaseProxy]();
    this.#worker.terminate();
    this.#die(reason);
  }
}
