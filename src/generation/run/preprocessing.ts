// A preprocessor's map of one picture, to look at before anything is painted.
import type { RunAnnotator } from '../../control/preprocessors/annotators.ts';
import { detectedMap, type MapOrder } from '../../control/preprocessors/hints.ts';
import { maskShown } from '../../control/preprocessors/unit-picture.ts';
import { ImageError } from '../../image/errors.ts';
import { maskOf } from '../../image/mask.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import { encodePng } from '../../image/png.ts';
import { readPicture } from '../../image/read-picture.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import { turns } from '../../runtime/turn.ts';
import type { Job } from './models-in-use.ts';

/** As units have it, pictures as files. */
export interface PreprocessOrder extends Omit<MapOrder, 'picture' | 'mask'> {
  readonly picture: Blob;
  /** Grey, of the picture's size. */
  readonly mask: Blob | null;
}

export interface PreprocessOutcome {
  readonly status: 'finished' | 'interrupted';
  /** Null where it was interrupted. */
  readonly map: { readonly png: Blob; readonly size: Size } | null;
}

/** Rejects with BadParametersError for what cannot be used, and with what networks reject with. */
export async function preprocess(
  { picture, mask, ...order }: PreprocessOrder,
  job: Job,
  annotate: RunAnnotator,
): Promise<PreprocessOutcome> {
  const pause = pausesUntil(() => job.stop);
  try {
    const drawn = mask && maskOf(await readPicture(mask), false);
    const map = await detectedMap(
      { ...order, picture: await readPicture(picture), mask: drawn },
      { annotate, pause },
    );
    const shown = maskShown(map);
    const png = new Blob([await encodePng(shown)], { type: 'image/png' });
    return { status: 'finished', map: { png, size: { width: map.width, height: map.height } } };
  } catch (error) {
    if (error instanceof InterruptedError) return { status: 'interrupted', map: null };
    if (error instanceof ImageError) throw new BadParametersError(error.message);
    throw error;
  }
}

/** A turn now and then; throws InterruptedError once work is stopped. */
function pausesUntil(stopped: () => boolean): Pause {
  const breathe = turns();
  return () => {
    if (stopped()) throw new InterruptedError();
    return breathe();
  };
}
