// Keeps the screen, and with it the computer, from falling asleep while pictures are made. The browser takes the lock
// back whenever the page is hidden, so it is asked for again when the page comes back.

export class WakeLock {
  #wanted = false;
  #sentinel: WakeLockSentinel | null = null;

  async during<T>(work: () => Promise<T>): Promise<T> {
    const again = () => void this.#acquire();
    this.#wanted = true;
    document.addEventListener('visibilitychange', again);
    void this.#acquire();
    try {
      return await work();
    } finally {
      this.#wanted = false;
      document.removeEventListener('visibilitychange', again);
      await this.#sentinel?.release().catch(() => undefined);
      this.#sentinel = null;
    }
  }

  async #acquire(): Promise<void> {
    if (document.visibilityState !== 'visible' || this.#sentinel?.released === false) return;
    try {
      // Missing in some browsers.
      const sentinel = await (navigator as Partial<Navigator>).wakeLock?.request('screen');
      if (!this.#wanted) await sentinel?.release();
      else this.#sentinel = sentinel ?? null;
    } catch {
      // Refused to save the battery: the pictures are made all the same.
    }
  }
}
