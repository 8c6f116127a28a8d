// What was painted on a picture, as the files that img2img starts from: the picture with its strokes, and the mask of where it was
// painted on. Read by the reader that the painting has, so that what is not painted on stays as it is to the byte.
import { flatten } from './flatten.ts';
import { inpaintSketch, withStrokes } from './inpaint-sketch.ts';
import { inColour } from './mask.ts';
import type { PixelImage } from './pixels.ts';
import { encodePng } from './png.ts';
import { readPicture } from './read-picture.ts';
import { resize, type Raster } from './resize.ts';

export interface Sketch {
  /** What was painted on. */
  readonly file: Blob;
  /** RGBA: what was painted, transparent around it. A larger picture comes to this size. */
  readonly strokes: Raster;
  /** Of what is transparent in the picture, "#rrggbb" (A1111's "img2img background color"): a sketch is opaque. */
  readonly background: string;
  /** Null where all of it is to be redrawn. */
  readonly inpaint: {
    /** "Mask blur", pixels. */
    readonly blur: number;
    /** "Mask transparency", percent. */
    readonly transparency: number;
  } | null;
}

/** PNG both. */
export interface SketchFiles {
  readonly picture: Blob;
  readonly mask: Blob | null;
}

/** workers/canvas.ts, seen through comlink. */
export interface CanvasApi {
  sketchFiles(sketch: Sketch): Promise<SketchFiles>;
}

/** @throws ImageError when the picture cannot be read. */
export async function sketchFiles({ file, strokes, background, inpaint }: Sketch): Promise<SketchFiles> {
  const read = flatten(await readPicture(file), background);
  const original = resize(read, strokes.width, strokes.height, 'lanczos');
  const painted = withStrokes(original, strokes);
  if (!inpaint) return { picture: await png(painted), mask: null };
  const { picture, mask } = inpaintSketch(original, painted, inpaint.blur, inpaint.transparency);
  return { picture: await png(picture), mask: await png(inColour(mask)) };
}

async function png(image: PixelImage): Promise<Blob> {
  return new Blob([await encodePng(image)], { type: 'image/png' });
}
