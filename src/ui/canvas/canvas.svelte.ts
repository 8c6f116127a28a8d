// A layer that is painted on, with its history: what the page shows of it changes with its revision.
import type { Size } from './geometry.ts';
import { History } from './history.ts';
import { Layer, type Patch } from './layer.ts';
import { Stroke, type Brush } from './stroke.ts';

export class Canvas {
  readonly layer: Layer;
  readonly #history: History;
  /** Grows with every change that can be undone. */
  revision = $state(0);
  canUndo = $state(false);
  canRedo = $state(false);

  constructor(
    size: Size,
    /** `finished`: it is worth keeping. */
    private readonly changed: (finished: boolean) => void,
  ) {
    this.layer = new Layer(size.width, size.height);
    this.#history = new History(this.layer);
  }

  /** Begins one; `done` with its patch ends it. */
  stroke(brush: Brush): Stroke {
    this.revision += 1;
    this.changed(false);
    return new Stroke(this.layer, brush);
  }

  /** It was none. */
  takeBack(stroke: Stroke): void {
    this.layer.restore(stroke.patch);
    this.revision += 1;
    this.changed(false);
  }

  /** Something was painted; `before` is what it took the place of. */
  done(before: Patch): void {
    this.#history.add(before);
    this.#tell();
  }

  undo(): void {
    this.#history.undo();
    this.#tell();
  }

  redo(): void {
    this.#history.redo();
    this.#tell();
  }

  #tell(): void {
    this.revision += 1;
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
    this.changed(true);
  }
}
