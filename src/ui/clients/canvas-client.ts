// The canvas's worker as the page sees it: started with the first sketch that is to be redrawn.
import { transfer } from 'comlink';
import type { CanvasApi, Sketch, SketchFiles } from '../../image/sketch-files.ts';
import { startWorker } from './start-worker.ts';
import { WorkerLink } from './worker-link.ts';

export class CanvasClient {
  #link: WorkerLink<CanvasApi> | null = null;
  readonly #spawn: () => Worker;

  constructor(spawn: () => Worker = () => startWorker('canvas')) {
    this.#spawn = spawn;
  }

  /** The pixels of the strokes are taken along. Rejects with a Failure. */
  async sketchFiles(sketch: Sketch): Promise<SketchFiles> {
    if (this.#link?.dead) this.#link = null;
    this.#link ??= new WorkerLink<CanvasApi>(this.#spawn(), 'canvas', 'bad-file');
    return this.#link.call((canvas) => canvas.sketchFiles(transfer(sketch, [sketch.strokes.data.buffer])));
  }
}
