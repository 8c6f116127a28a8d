// One thing at a time. onnxruntime-web rejects a second `create` and crashes on a second `run` while one is under way.

export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after everything that was asked for before, whether that succeeded or not. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
