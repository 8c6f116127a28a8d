// Whether a second checkpoint can go on with what the request's own has begun. webui 1.10.1 does not ask, and fails in the middle of the
// picture or paints noise.
import { conditioningOf, type Conditioning } from '../../families/conditioning.ts';
import { familyOf } from '../../families/families.ts';
import { isLatentUpscaler } from '../../image/upscale-latent.ts';
import type { StoredModel } from '../../library/types.ts';
import type { GenerationParameters } from '../request/request.ts';

type Model = Pick<StoredModel, 'sha256' | 'name' | 'detection'>;

/** What is wrong, in a sentence that says what to do; null where nothing is. `other`: a checkpoint that the request names. */
export function misfitOf(
  own: Model,
  other: Model,
  { hires, refiner, img2img }: Pick<GenerationParameters, 'hires' | 'refiner' | 'img2img'>,
): string | null {
  if (
    hires?.checkpoint?.sha256 === other.sha256 &&
    isLatentUpscaler(hires.upscaler) &&
    !sameLatents(own, other)
  )
    return `"${other.name}" reads other latents than "${own.name}" makes. Under Hires. fix, choose an upscaler that enlarges pictures (Lanczos), or another checkpoint.`;
  if (refiner?.checkpoint.sha256 !== other.sha256) return null;
  if (!sameLatents(own, other))
    return `"${other.name}" reads other latents than "${own.name}" makes, so it cannot go on with them. Choose another checkpoint under Refiner.`;
  const [before, after] = [readsOf(own), readsOf(other)];
  // In txt2img an inpainting model is told that everything is to be painted.
  const paintsAll = after === 'inpainting' && img2img === null && hires === null;
  if (after === 'none' || after === before || paintsAll) return null;
  return `"${other.name}" reads a picture that "${own.name}" does not, so it cannot take over from it. Choose an ordinary checkpoint under Refiner.`;
}

function sameLatents(a: Model, b: Model): boolean {
  return familyOf(a.detection.kind)?.latent === familyOf(b.detection.kind)?.latent;
}

function readsOf({ detection: { networks } }: Model): Conditioning {
  if (!networks) return 'none';
  const { inChannels, outChannels } = networks.unet;
  return conditioningOf({ latentChannels: outChannels, unetChannels: inChannels });
}
