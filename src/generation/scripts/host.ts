// What a script is given to work with: passes of img2img, as A1111's scripts have process_images.
import type { Upscale } from '../../finishing/upscale.ts';
import type { Pause } from '../../image/pause.ts';
import type { Mask } from '../../image/mask.ts';
import type { Raster } from '../../image/resize.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { GenerationParameters, Img2Img } from '../request/request.ts';

/** One pass over pictures: a batch of img2img. */
export interface Pass {
  /** With all that differs from the request's; the batch count does not count. */
  readonly parameters: GenerationParameters & { readonly img2img: Img2Img };
  /** One for each picture of the batch, in place of the request's source. */
  readonly sources: readonly PixelImage[];
  /** White is what is masked; null where all is painted. */
  readonly mask: Raster | null;
  /** What of the latents is painted, where that is another part. */
  readonly latentMask?: Mask;
  /** Whose colours the results take, where that setting is on; null for their own source's. */
  readonly colors: PixelImage | null;
}

export interface PassResult {
  /** Of the batch, as they are to be kept. */
  readonly pictures: readonly PixelImage[];
  /** The pass was cut short, or the next ones are not wanted: nothing more is to be painted, or only this part is to be left. */
  readonly cut: 'interrupt' | 'skip' | null;
}

export interface ScriptHost {
  /** By any upscaler of the library. */
  readonly upscale: Upscale;
  /** To be called in what takes long. Rejects with InterruptedError where nothing is painted yet, and nothing is to be. */
  readonly pause: Pause;
  paint(pass: Pass): Promise<PassResult>;
  /** A picture of the script's is done. */
  keep(picture: PixelImage): Promise<void>;
}

/** What a script carries out: a request with a source. */
export interface ScriptRequest {
  readonly parameters: GenerationParameters & { readonly img2img: Img2Img };
  /** The source's pixels, upright. */
  readonly source: PixelImage;
  /** Null without `inpaint`. */
  readonly mask: Raster | null;
  /** Which of the request's batches it is, from 0. */
  readonly batch: number;
}
