// Undo and redo of what was painted, within a bounded memory: the oldest is forgotten first.
import { bytesOf, type Layer, type Patch } from './layer.ts';

/** Bytes of pixels that are kept for coming back to. */
const MAX_BYTES = 160 * 2 ** 20;
const MAX_ENTRIES = 200;

export class History {
  #done: Patch[] = [];
  #undone: Patch[] = [];

  constructor(
    private readonly layer: Layer,
    private readonly maxBytes = MAX_BYTES,
  ) {}

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Something was painted: `before` is what it took the place of. */
  add(before: Patch): void {
    if (before.size === 0) return;
    this.#undone = [];
    this.#done.push(before);
    const size = () => this.#done.reduce((sum, patch) => sum + bytesOf(patch), 0);
    // The last one stays, however large: one always wants to come back once.
    while (this.#done.length > 1 && (this.#done.length > MAX_ENTRIES || size() > this.maxBytes))
      this.#done.shift();
  }

  undo(): void {
    const patch = this.#done.pop();
    if (patch) this.#undone.push(this.layer.restore(patch));
  }

  redo(): void {
    const patch = this.#undone.pop();
    if (patch) this.#done.push(this.layer.restore(patch));
  }
}
