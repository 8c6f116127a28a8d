// One line on standard error that is written over while something goes on; plain lines where that is not a terminal.

/** Shortest pause between lines where they cannot be written over, in milliseconds. */
const PAUSE = 5000;

export class ProgressLine {
  #shown = false;
  #last = -Infinity;

  constructor(private readonly quiet: boolean) {}

  /** Replaces what is shown. */
  show(text: string): void {
    if (this.quiet) return;
    if (process.stderr.isTTY) {
      const width = Math.max(20, process.stderr.columns) - 1;
      process.stderr.write(`\r\x1b[K${text.slice(0, width)}`);
      this.#shown = true;
    } else if (performance.now() - this.#last >= PAUSE) {
      this.#last = performance.now();
      process.stderr.write(`${text}\n`);
    }
  }

  /** A line that stays. */
  say(text: string): void {
    if (this.quiet) return;
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}
