// The worker that an extension of a person's runs in: what is asked of it, how long it may take, and its end.
import type { FromExtension, ToExtension } from './harness.ts';

/** A browser's worker, as far as it is needed; tests run threads of Node's in its place. */
export interface WorkerLike {
  postMessage(message: ToExtension): void;
  /** `onMessage` hears what it says, `onError` why its script could not be run. */
  listen(onMessage: (data: unknown) => void, onError: (message: string) => void): void;
  terminate(): void;
}

/** Starts a worker with a script that reaches no network and nothing of the page's. */
export type StartWorker = (script: string) => WorkerLike;

/** The worker did not do what was asked; the message is for people. It has ended. */
export class ExtensionFailure extends Error {
  override readonly name = 'ExtensionFailure';
}

interface Waiting {
  answer(given: unknown): void;
  fail(error: ExtensionFailure): void;
}

export class ExtensionWorker {
  readonly #worker: WorkerLike;
  readonly #waiting = new Map<number, Waiting>();
  #failure: ExtensionFailure | null = null;
  #count = 0;

  /** `patience`: milliseconds without an answer after which it is ended. */
  constructor(
    start: StartWorker,
    script: string,
    private readonly patience: number,
  ) {
    this.#worker = start(script);
    this.#worker.listen(
      (data) => this.#hear(data),
      (message) => this.#end(`It could not be run: ${message.slice(0, 300)}`),
    );
  }

  tell(message: Exclude<ToExtension, { readonly type: 'call' }>): void {
    if (!this.#failure) this.#worker.postMessage(message);
  }

  /** Rejects with ExtensionFailure; from then on every call does. */
  call(pass: number, hook: string, given: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      const id = ++this.#count;
      const timer = setTimeout(() => {
        this.#end(`It gave no answer for ${this.patience / 1000} seconds and was ended.`);
      }, this.patience);
      const settled = <V>(then: (value: V) => void) => {
        return (value: V): void => {
          clearTimeout(timer);
          this.#waiting.delete(id);
          then(value);
        };
      };
      this.#waiting.set(id, { answer: settled(resolve), fail: settled(reject) });
      this.#worker.postMessage({ type: 'call', id, pass, hook, given });
    });
  }

  /** What is waited for is not answered any more. */
  end(): void {
    this.#end('It was ended.');
  }

  #hear(data: unknown): void {
    const said = data as Partial<FromExtension> | null;
    if (typeof said !== 'object' || said === null || !('id' in said)) return;
    const waiting = this.#waiting.get(Number(said.id));
    if (!waiting) return;
    if (said.type === 'answer') waiting.answer(said.given);
    else
      this.#end(
        said.type === 'failed' ? String(said.message).slice(0, 300) : 'It answered nothing that can be read.',
      );
  }

  #end(why: string): void {
    if (this.#failure) return;
    this.#failure = new ExtensionFailure(why);
    this.#worker.terminate();
    for (const { fail } of [...this.#waiting.values()]) fail(this.#failure);
  }
}
