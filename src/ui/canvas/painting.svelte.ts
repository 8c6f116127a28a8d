// What is painted on img2img's source: a mask, colours, a frame around it; with undo, kept over a reload, and turned into what a
// request carries. Loaded when it is first needed.
import { MAX_FILE_BYTES } from '../../image/metadata.ts';
import { sourcePicture, type SourcePicture } from '../../generation/request/source-picture.ts';
import { loadSetting, saveSetting } from '../../library/settings.ts';
import { CanvasClient } from '../clients/canvas-client.ts';
import type { Size } from './geometry.ts';
import { Canvas } from './canvas.svelte.ts';
import { layerSize, type Color } from './layer.ts';
import { MARGIN_BOUNDS, NO_MARGINS, traitsOf, type Margins, type Mode } from './modes.ts';
import * as pixels from './pixels.ts';

const KEY = 'ui.img2img.painting';
/** Milliseconds without a stroke after which it is kept. */
const STILL = 500;

/** How the mask looks on the stage, whatever the picture's colours are; drawn half transparent. */
export const MASK_COLOR: Color = [255, 92, 60];

/** What pictures are made of: the source as it is or as it was painted on, and what of it is painted over. */
export interface Painted {
  readonly source: SourcePicture;
  readonly mask: SourcePicture | null;
}

/** What is set beside the canvas of how a sketch becomes the source. */
export interface SketchLook {
  /** Of what is transparent in the source, "#rrggbb". */
  readonly background: string;
  /** Pixels. */
  readonly maskBlur: number;
  /** Percent. */
  readonly maskTransparency: number;
}

const worker = new CanvasClient();

export type Tool = 'brush' | 'eraser' | 'pick';

export class Painting {
  tool = $state<Tool>('brush');
  /** Of the layers: the picture's, unless it is very large. */
  readonly size: Size;
  readonly mask: Canvas;
  readonly paint: Canvas;
  #margins = $state.raw(NO_MARGINS);
  readonly #kept: { mask: Promise<Blob> | null; paint: Promise<Blob> | null } = { mask: null, paint: null };
  #made: { readonly mode: Mode; readonly key: string; readonly painted: Promise<Painted> } | null = null;
  /** The file that the mask was read from, until it is painted on: the same again is made of the same bytes. */
  #maskSource: SourcePicture | null = null;
  #still: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    readonly source: SourcePicture,
    /** Upright, with the file's own numbers. */
    readonly picture: ImageBitmap,
    /** What is painted is kept over a reload. */
    private readonly kept = true,
  ) {
    this.size = layerSize(source.size ?? picture);
    this.mask = new Canvas(this.size, (finished) => this.#changed('mask', finished));
    this.paint = new Canvas(this.size, (finished) => this.#changed('paint', finished));
  }

  /** With what an earlier visit had painted on it. @throws where the browser cannot read the picture. */
  static async on(source: SourcePicture): Promise<Painting> {
    const size = source.size ?? (await sizeOf(source.file));
    const painting = new Painting({ ...source, size }, await pixels.decoded(source.file, layerSize(size)));
    await painting.#restore().catch(() => undefined);
    return painting;
  }

  /** For a mask of another picture than img2img's, which lasts as long as this. `mask`: what is drawn already. @throws as `on` does. */
  static async forMask(source: SourcePicture, mask: SourcePicture | null): Promise<Painting> {
    const size = source.size ?? (await sizeOf(source.file));
    const picture = await pixels.decoded(source.file, layerSize(size));
    const painting = new Painting({ ...source, size }, picture, false);
    if (mask) await painting.takeUsedMask(mask);
    return painting;
  }

  /** What the brush of a mode paints on; null where there is no brush. */
  canvasOf(mode: Mode): Canvas | null {
    const { layer } = traitsOf(mode);
    return layer && this[layer];
  }

  /** Of the frame around the picture. */
  get margins(): Margins {
    return this.#margins;
  }
  set margins(margins: Margins) {
    this.#margins = parseMargins(margins);
    this.#keepSoon();
  }

  /** Of what a mode makes of the source, in pixels. */
  sizeIn(mode: Mode): Size {
    return mode === 'outpaint' ? pixels.framedSize(this.size, this.margins) : this.size;
  }

  /** Whether nothing is masked where a mode needs a mask. */
  lacksMask(mode: Mode): boolean {
    if (!traitsOf(mode).masks) return false;
    if (mode === 'outpaint') return Object.values(this.margins).every((margin) => margin === 0);
    return this.canvasOf(mode)?.layer.isEmpty ?? true;
  }

  /** What a request carries in a mode: of what is painted at the moment of the call. */
  painted(mode: Mode, look: SketchLook): Promise<Painted> {
    const key = this.#keyOf(mode, look);
    if (this.#made?.key !== key) {
      const painted = this.#compose(mode, look);
      this.#made = { mode, key, painted };
      painted.catch(() => (this.#made = null));
    }
    return this.#made!.painted;
  }

  /**
   * The mode in which the pictures that a text names come out as they did, by how their SHA-256 begin; null where something else was
   * painted since.
   */
  async stillMaking(source: string, mask: string | null, look: SketchLook): Promise<Mode | null> {
    const made = this.#made;
    if (made?.key !== (made && this.#keyOf(made.mode, look))) return null;
    const painted = await made?.painted.catch(() => null);
    if (!made || !painted?.source.sha256.startsWith(source)) return null;
    const same = mask === null ? painted.mask === null : painted.mask?.sha256.startsWith(mask);
    return same ? made.mode : null;
  }

  /** The mask as a file: white is what is painted over. */
  async maskFile(mode: Mode, look: SketchLook): Promise<Blob> {
    if (mode !== 'inpaint-sketch') return pixels.maskPng(this.mask.layer);
    const { mask } = await this.painted(mode, look);
    return mask?.file ?? pixels.maskPng(this.paint.layer);
  }

  /** The mask out of a picture. */
  async takeMask(file: Blob): Promise<void> {
    this.mask.done(await pixels.readMask(this.mask.layer, file, MASK_COLOR));
  }

  /** ... that pictures were made with: they are made of its very bytes again. */
  async takeUsedMask(used: SourcePicture): Promise<void> {
    await this.takeMask(used.file);
    this.#maskSource = used;
  }

  /** ... out of the source's own transparency. Resolves with whether it has any. */
  async takeAlpha(): Promise<boolean> {
    const before = await pixels.readAlpha(this.mask.layer, this.picture, MASK_COLOR);
    if (before) this.mask.done(before);
    return before !== null;
  }

  /** Of the pixel that is seen. */
  colorAt(mode: Mode, x: number, y: number): Color {
    const layer = this.canvasOf(mode)?.layer ?? this.paint.layer;
    return pixels.colorAt(this.picture, layer, x, y);
  }

  /** Another picture takes its place. */
  close(): void {
    clearTimeout(this.#still);
    this.picture.close();
  }

  /** Changes with all that `painted` depends on. */
  #keyOf(mode: Mode, { background, maskBlur, maskTransparency }: SketchLook): string {
    const { left, top, right, bottom } = this.margins;
    const drawn = this.canvasOf(mode)?.revision ?? `${left} ${top} ${right} ${bottom}`;
    const look = traitsOf(mode).layer === 'paint' ? `${background} ${maskBlur} ${maskTransparency}` : '';
    return `${mode} ${drawn} ${look}`;
  }

  async #compose(mode: Mode, { background, maskBlur, maskTransparency }: SketchLook): Promise<Painted> {
    const { source, picture, size, paint } = this;
    if (mode === 'inpaint') {
      return { source, mask: this.#maskSource ?? (await sourcePicture(await this.#png('mask'))) };
    }
    if (mode === 'outpaint') {
      const [framed, mask] = await Promise.all([
        pixels.framedPng(picture, size, this.margins),
        pixels.frameMaskPng(size, this.margins),
      ]);
      return { source: await sourcePicture(framed), mask: await sourcePicture(mask) };
    }
    if (mode === 'img2img' || paint.layer.isEmpty) return { source, mask: null };
    const made = await worker.sketchFiles({
      file: source.file,
      strokes: paint.layer.raster(),
      background,
      inpaint: mode === 'sketch' ? null : { blur: maskBlur, transparency: maskTransparency },
    });
    return {
      source: await sourcePicture(made.picture),
      mask: made.mask && (await sourcePicture(made.mask)),
    };
  }

  /** Of a layer as it is kept; the mask is what a request carries, too. */
  #png(layer: 'mask' | 'paint'): Promise<Blob> {
    const make = layer === 'mask' ? pixels.maskPng : pixels.layerPng;
    return (this.#kept[layer] ??= make(this[layer].layer));
  }

  #changed(layer: 'mask' | 'paint', finished: boolean): void {
    this.#kept[layer] = null;
    if (layer === 'mask') this.#maskSource = null;
    if (finished) this.#keepSoon();
  }

  #keepSoon(): void {
    if (!this.kept) return;
    clearTimeout(this.#still);
    this.#still = setTimeout(() => void this.#keep().catch(() => undefined), STILL);
  }

  /** Where nothing can be kept it lasts as long as the page, as all else does. */
  async #keep(): Promise<void> {
    const file = (layer: 'mask' | 'paint') => (this[layer].layer.isEmpty ? null : this.#png(layer));
    const [mask, paint] = await Promise.all([file('mask'), file('paint')]);
    await saveSetting(KEY, { source: this.source.sha256, mask, paint, margins: this.margins });
  }

  async #restore(): Promise<void> {
    const stored = await loadSetting(KEY);
    if (typeof stored !== 'object' || stored === null) return;
    const { source, mask, paint, margins } = stored as Readonly<Record<string, unknown>>;
    if (source !== this.source.sha256) return;
    this.#margins = parseMargins(margins);
    const [soundMask, soundPaint] = await Promise.all([mask, paint].map((file) => this.#fitting(file)));
    if (soundMask) {
      await pixels.readMask(this.mask.layer, soundMask, MASK_COLOR);
      this.mask.revision += 1;
    }
    if (soundPaint) {
      await pixels.readLayer(this.paint.layer, soundPaint);
      this.paint.revision += 1;
    }
  }

  /** What was stored may be anything. */
  async #fitting(file: unknown): Promise<Blob | null> {
    if (!(file instanceof Blob) || file.size > MAX_FILE_BYTES) return null;
    const { size } = await sourcePicture(file);
    return size?.width === this.size.width && size.height === this.size.height ? file : null;
  }
}

async function sizeOf(file: Blob): Promise<Size> {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

function parseMargins(stored: unknown): Margins {
  const from = (typeof stored === 'object' && stored !== null ? stored : {}) as Readonly<
    Record<string, unknown>
  >;
  const margin = (side: keyof Margins) => {
    const value = from[side];
    const { min, max, step } = MARGIN_BOUNDS;
    const known = typeof value === 'number' && Number.isFinite(value) ? value : 0;
    return Math.min(max, Math.max(min, Math.round(known / step) * step));
  };
  return { left: margin('left'), top: margin('top'), right: margin('right'), bottom: margin('bottom') };
}
