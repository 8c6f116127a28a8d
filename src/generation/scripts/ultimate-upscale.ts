// Ultimate SD upscale: the source is enlarged to a canvas, which is inpainted tile by tile, and over its seams once more
// (Coyote-A/ultimate-upscale-for-automatic1111 2322caa, scripts/ultimate-upscale.py).
import { ImageError } from '../../image/errors.ts';
import { flatten } from '../../image/flatten.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { MAX_PIXELS } from '../../image/png.ts';
import { resize } from '../../image/resize.ts';
import { DEFAULT_INPAINT } from '../request/request.ts';
import { ultimateSizes } from '../request/ultimate-upscale.ts';
import type { UltimateUpscale } from '../request/ultimate-upscale-options.ts';
import type { ScriptHost, ScriptRequest } from './host.ts';
import { placeMask } from './ultimate-upscale-masks.ts';
import { ultimatePasses, type UltimatePass } from './ultimate-upscale-places.ts';

/** All passes have the request's seed. @throws ImageError for what would become too large, or has nothing to paint. */
export async function ultimateUpscale(
  host: ScriptHost,
  script: UltimateUpscale,
  { parameters, source }: ScriptRequest,
): Promise<void> {
  const sizes = ultimateSizes(script, parameters, source);
  const { canvas } = sizes;
  if (canvas.width * canvas.height > MAX_PIXELS)
    throw new ImageError(`It would become ${canvas.width} x ${canvas.height}; choose a smaller target size.`);
  const { redraw, seams } = ultimatePasses(script, sizes);
  if (redraw.length + seams.length === 0)
    throw new ImageError('All of it is one tile, without seams; choose a redraw type, or smaller tiles.');
  const flat = flatten(source, parameters.settings.img2imgBackgroundColor);
  let picture = await enlargedTo(host, script, flat, canvas);
  for (const passes of [redraw, seams]) {
    if (passes.length === 0) continue;
    for (const pass of passes) {
      const { pictures, cut } = await host.paint({
        parameters: paintedBy(pass, parameters),
        sources: [picture],
        mask: placeMask(pass.place, canvas),
        colors: null,
      });
      picture = pictures[0] ?? picture;
      // The rest stays as it is.
      if (cut === 'interrupt') return host.keep(picture);
    }
    await host.keep(picture);
  }
}

async function enlargedTo(
  host: ScriptHost,
  { upscaler }: UltimateUpscale,
  flat: PixelImage,
  { width, height }: Size,
): Promise<PixelImage> {
  let picture = flat;
  if (upscaler !== 'None') {
    const scale = Math.max(width, height) / Math.max(flat.width, flat.height);
    for (const factor of enlargingFactors(scale)) {
      // What would be larger than a picture may be is left to the last resize.
      if (picture.width * picture.height * factor ** 2 > MAX_PIXELS) break;
      picture = await host.upscale(picture, upscaler, factor);
    }
  }
  return resize(picture, width, height, 'lanczos');
}

/**
 * By which whole numbers, one after the other, an upscaler enlarges a picture to be `scale` times as large or more: 4, 3 or 2 as long as
 * one divides what is left. What none divides is rounded up, where the original stops with an error once it has begun.
 */
export function enlargingFactors(scale: number): number[] {
  const factors: number[] = [];
  for (let rest = Math.ceil(scale); ;) {
    const factor = [4, 3, 2].find((divisor) => rest % divisor === 0);
    if (factor === undefined) {
      rest += 1;
      continue;
    }
    factors.push(factor);
    rest /= factor;
    if (rest === 1) return factors;
  }
}

function paintedBy(
  { width, height, padding, maskBlur, denoisingStrength }: UltimatePass,
  parameters: ScriptRequest['parameters'],
): ScriptRequest['parameters'] {
  const { img2img } = parameters;
  return {
    ...parameters,
    ...{ width, height, batchSize: 1 },
    img2img: {
      ...img2img,
      denoisingStrength: denoisingStrength ?? img2img.denoisingStrength,
      inpaint: {
        ...DEFAULT_INPAINT,
        ...{ mask: img2img.source, inpaintArea: 'Only masked', padding, maskBlur },
      },
    },
  };
}
