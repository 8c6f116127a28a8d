// What is painted, on the screen: the picture below, the layer above it; a stroke draws only what it has changed.
import { intersection, isEmpty, type Rect, type Size, type View } from './geometry.ts';
import { TILE, type Layer } from './layer.ts';
import { canvas as t } from '../strings/canvas.ts';

/** From here on pixels are shown as squares. */
const SQUARES = 2;

interface Drawn {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
}

export class Screen {
  /** Copies of the layer's tiles, as the browser draws them. */
  readonly #tiles = new Map<number, Drawn>();
  #layer: Layer | null = null;
  /** Of the screen's pixels for one of the page's. */
  #ratio = 1;

  constructor(
    private readonly below: HTMLCanvasElement,
    private readonly above: HTMLCanvasElement,
  ) {}

  resize(frame: Size, ratio: number): void {
    this.#ratio = ratio;
    for (const canvas of [this.below, this.above]) {
      canvas.width = Math.max(1, Math.round(frame.width * ratio));
      canvas.height = Math.max(1, Math.round(frame.height * ratio));
    }
  }

  /** The picture, `size` in the layer's pixels. */
  drawPicture(picture: ImageBitmap, size: Size, view: View): void {
    const context = contextOf(this.below);
    context.clearRect(0, 0, this.below.width, this.below.height);
    this.#smooth(context, view);
    const [left, top] = [this.#x(view, 0), this.#y(view, 0)];
    const [right, bottom] = [this.#x(view, size.width), this.#y(view, size.height)];
    context.drawImage(picture, left, top, right - left, bottom - top);
  }

  /** All of the layer. */
  drawLayer(layer: Layer, view: View): void {
    if (this.#layer !== layer) {
      this.#layer = layer;
      this.#tiles.clear();
      layer.touch(layer.bounds);
    }
    this.#copy(layer, layer.takeChanged());
    const { width, height } = this.above;
    this.#draw(layer, view, { x: 0, y: 0, width, height });
  }

  /** What has changed of it since. */
  drawChanges(layer: Layer, view: View): void {
    const changed = layer.takeChanged();
    if (isEmpty(changed)) return;
    this.#copy(layer, changed);
    // Smoothing reaches one pixel further.
    const x = this.#x(view, changed.x - 1) - 1;
    const y = this.#y(view, changed.y - 1) - 1;
    const width = this.#x(view, changed.x + changed.width + 1) + 1 - x;
    const height = this.#y(view, changed.y + changed.height + 1) + 1 - y;
    this.#draw(layer, view, { x, y, width, height });
  }

  clearLayer(): void {
    contextOf(this.above).clearRect(0, 0, this.above.width, this.above.height);
  }

  #copy(layer: Layer, changed: Rect): void {
    for (const index of layer.tilesIn(changed)) {
      const tile = layer.tile(index);
      const drawn = this.#tiles.get(index);
      if (!tile) {
        this.#tiles.delete(index);
        continue;
      }
      const bounds = layer.boundsOf(index);
      const part = drawn ? intersection(changed, bounds) : bounds;
      const { context } = drawn ?? this.#addTile(index);
      const [x, y] = [part.x - bounds.x, part.y - bounds.y];
      context.putImageData(new ImageData(tile, TILE, TILE), 0, 0, x, y, part.width, part.height);
    }
  }

  #addTile(index: number): Drawn {
    const canvas = new OffscreenCanvas(TILE, TILE);
    const drawn = { canvas, context: contextOf(canvas) };
    this.#tiles.set(index, drawn);
    return drawn;
  }

  /** `area`: pixels of the screen. */
  #draw(layer: Layer, view: View, area: Rect): void {
    const context = contextOf(this.above);
    context.save();
    context.beginPath();
    context.rect(area.x, area.y, area.width, area.height);
    context.clip();
    context.clearRect(area.x, area.y, area.width, area.height);
    this.#smooth(context, view);
    for (const [index, { canvas }] of this.#tiles) {
      const { x, y, width, height } = layer.boundsOf(index);
      // On whole pixels of the screen, or seams would show between tiles.
      const [left, top] = [this.#x(view, x), this.#y(view, y)];
      const at = {
        x: left,
        y: top,
        width: this.#x(view, x + width) - left,
        height: this.#y(view, y + height) - top,
      };
      if (!isEmpty(intersection(at, area)))
        context.drawImage(canvas, 0, 0, width, height, at.x, at.y, at.width, at.height);
    }
    context.restore();
  }

  #smooth(context: CanvasRenderingContext2D, view: View): void {
    context.imageSmoothingEnabled = view.scale * this.#ratio < SQUARES;
    context.imageSmoothingQuality = 'medium';
  }

  #x(view: View, x: number): number {
    return Math.round((view.x + x * view.scale) * this.#ratio);
  }

  #y(view: View, y: number): number {
    return Math.round((view.y + y * view.scale) * this.#ratio);
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D;
function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D;
function contextOf(canvas: HTMLCanvasElement | OffscreenCanvas) {
  const context = canvas.getContext('2d');
  if (!context) throw new Error(t.noCanvas);
  return context;
}
