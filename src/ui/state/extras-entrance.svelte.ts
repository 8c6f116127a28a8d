// What the page knows of the Extras tab before it is opened, and while it is not looked at.
import type { ExtrasSource } from '../../generation/run/extras-run.ts';

export class ExtrasEntrance {
  /** What "Single Image" works on. */
  source = $state.raw<ExtrasSource | null>(null);
  running = $state(false);

  take(file: Blob, name: string): void {
    this.source = { name, file };
  }
}
