// A script's pass on a model: from its sources to what is painted, and from what is decoded to its pictures.
import type { PixelImage } from '../../image/pixels.ts';
import {
  finishImg2Img,
  joinStarts,
  paintImg2Img,
  startImg2Img,
  type Img2ImgStart,
} from '../recipes/img2img.ts';
import type { UnitInRun } from '../recipes/control-units.ts';
import { finishUnits } from '../recipes/finish-units.ts';
import type { ModelInUse, Models, RecipeRun } from '../recipes/recipe.ts';
import type { Pass } from './host.ts';

export interface StartedPass {
  paint(models: Models): RecipeRun;
  /** Picture `index` of the batch, as it is to be kept. `latents`: of the whole batch. */
  finish(decoded: PixelImage, index: number, latents: Float32Array): Promise<PixelImage>;
}

/** @throws ImageError where the resize mode cannot. */
export async function startPass(
  { networks, encode, upscale }: Pick<ModelInUse, 'networks' | 'encode' | 'upscale'>,
  { parameters, sources, mask, latentMask, colors }: Pass,
  units: readonly UnitInRun[] = [],
): Promise<StartedPass> {
  const { img2img, batchSize } = parameters;
  const starts: Img2ImgStart[] = [];
  for (const source of sources) {
    starts.push(
      await startImg2Img(
        networks,
        parameters,
        img2img,
        { source, mask, ...(latentMask && { latentMask }) },
        { encode, upscale },
      ),
    );
  }
  const start = joinStarts(starts);
  const batch = { first: 0, size: batchSize };
  return {
    paint: (models) => paintImg2Img(models, parameters, img2img, start, batch, units),
    finish: (decoded, index, latents) => {
      const own = starts[index % starts.length]!;
      const picture = colors ?? own.picture;
      const settled = { batch, index, latents };
      return finishImg2Img(parameters, { ...own, picture }, finishUnits(decoded, units), settled);
    },
  };
}
