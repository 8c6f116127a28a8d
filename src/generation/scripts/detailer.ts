// The detailer: what a detector finds in a finished picture is painted over by inpainting, one find after the other, each with its
// own mask, prompt, size and seed (Bing-su/adetailer 25.3.0, scripts/!adetailer.py; in webui's postprocess_image).
import type { Find } from '../../finishing/detection/find.ts';
import { boxMask, meet, preparedMasks } from '../../finishing/detailer/masks.ts';
import { denoisingStrengthOf, paintedSize, selected } from '../../finishing/detailer/selection.ts';
import { greyOf, inverted, maskOf, type Mask } from '../../image/mask.ts';
import type { Size } from '../../image/picture-file.ts';
import { withoutAlpha, type PixelImage } from '../../image/pixels.ts';
import { resizeToFit } from '../../image/resize-modes.ts';
import { resize, type Raster } from '../../image/resize.ts';
import type { Detailer, DetailerTab } from '../request/detailer.ts';
import {
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  type GenerationParameters,
  type Img2Img,
  type NamedCheckpoint,
} from '../request/request.ts';
import { addToSeed, seedsOf, type Seed } from '../request/seeds.ts';
import type { Pass } from './host.ts';

/** Which of a detector's finds is painted. */
export interface DetailPart {
  /** From 0, of `count`. */
  readonly index: number;
  readonly count: number;
}

export interface DetailHost {
  /** What is about to be painted, for who looks on. */
  show?(picture: PixelImage, finds: readonly Find[], masks: readonly Mask[]): void;
  /** What the tab's detector finds, the surest first. */
  detect(tab: DetailerTab, picture: PixelImage): Promise<readonly Find[]>;
  /** 'skip': this find is left as it is; 'interrupt': nothing more is to be painted. `checkpoint`: null for the request's own. */
  paint(
    pass: Pass,
    checkpoint: NamedCheckpoint | null,
    part: DetailPart,
  ): Promise<PixelImage | 'skip' | 'interrupt'>;
}

/** A picture whose details are painted. */
export interface DetailedPicture {
  /** As it was decoded. */
  readonly picture: PixelImage;
  /** In the job. */
  readonly index: number;
  /** Only finds that meet it are painted; null for all. Of the picture's size. */
  readonly within: Mask | null;
  /** The sizes that the checkpoint was trained with, and is told of; none of those that are told nothing. */
  readonly trained: readonly Size[];
}

export interface Detailed {
  readonly picture: PixelImage;
  readonly interrupted: boolean;
}

/** `parameters`: the request's, or those of the script's pass that made the picture. */
export async function paintDetails(
  host: DetailHost,
  parameters: GenerationParameters,
  detailer: Detailer,
  asked: DetailedPicture,
): Promise<Detailed> {
  let picture = withoutAlpha(asked.picture);
  for (const tab of detailer.tabs) {
    const finds = await host.detect(tab, picture);
    const chosen = chosenFinds(detailer, tab, finds, { ...asked, picture });
    host.show?.(picture, chosen.finds, chosen.masks);
    const passes = detailPasses(parameters, detailer, tab, chosen, { ...asked, picture });
    for (const [index, passOf] of passes.entries()) {
      const pass = passOf(picture);
      if (!pass) continue;
      const painted = await host.paint(pass, tab.checkpoint, { index, count: passes.length });
      if (painted === 'interrupt') return { picture, interrupted: true };
      if (painted !== 'skip') picture = painted;
    }
  }
  return { picture, interrupted: false };
}

interface ChosenFinds {
  readonly finds: readonly Find[];
  /** Ready to be painted. Fewer than finds where some were lost, or put together. */
  readonly masks: readonly Mask[];
}

function chosenFinds(
  { sortBy }: Detailer,
  tab: DetailerTab,
  found: readonly Find[],
  { picture, within }: DetailedPicture,
): ChosenFinds {
  const finds = selected(found, tab, sortBy, picture);
  const masks = preparedMasks(
    finds.map(({ box, mask }) => (mask ? greyOf(mask()) : boxMask(box, picture))),
    tab,
  ).filter((mask) => !within || meet(within, mask));
  return { finds, masks };
}

/** What is painted for a detector's finds, over the picture that the passes before have made; null for one that is skipped. */
function detailPasses(
  parameters: GenerationParameters,
  detailer: Detailer,
  tab: DetailerTab,
  { finds, masks }: ChosenFinds,
  { picture, index, trained }: DetailedPicture,
): readonly ((source: PixelImage) => Pass | null)[] {
  const prompts = splitPrompts(tab.prompt, parameters.prompt);
  const negatives = splitPrompts(tab.negativePrompt, parameters.negativePrompt);
  const at = <T>(list: readonly T[], i: number): T => list[Math.min(i, list.length - 1)]!;
  const seeds = seedsOf(parameters, index);
  return masks.map((mask, i) => (source) => {
    const prompt = at(prompts, i);
    if (/^\s*\[SKIP\]\s*$/.test(prompt)) return null;
    // As in the original, whose boxes stay where masks were left out or put together.
    const { box } = finds[i]!;
    const size = tab.size ?? paintedSize(parameters, detailer.sizeMatch, box, trained);
    const strength = denoisingStrengthOf(tab.denoisingStrength, detailer.denoisePower, box, picture);
    const seedOf = (seed: Seed): Seed => addToSeed(seed, detailer.sameSeed ? 0 : i);
    return {
      parameters: {
        ...parameters,
        ...{ prompt, negativePrompt: at(negatives, i) },
        ...{ width: size.width, height: size.height },
        steps: tab.steps ?? parameters.steps,
        cfgScale: tab.cfgScale ?? parameters.cfgScale,
        sampler: tab.sampler ?? parameters.sampler,
        scheduler: tab.scheduler ?? parameters.scheduler,
        clipSkip: tab.clipSkip ?? parameters.clipSkip,
        seed: seedOf(seeds.seed),
        subseed: seedOf(seeds.subseed),
        batchSize: 1,
        batchCount: 1,
        settings: {
          ...parameters.settings,
          initialNoiseMultiplier: tab.noiseMultiplier ?? parameters.settings.initialNoiseMultiplier,
        },
        img2img: inpaintingOf(tab, strength, parameters.img2img),
        ...{ hires: null, refiner: null, detailer: null, script: null },
      },
      sources: [source],
      mask,
      colors: null,
    };
  });
}

/** Empty ones are the picture's. */
function splitPrompts(prompt: string, own: string): string[] {
  return prompt
    .split(/\s*\[SEP\]\s*/)
    .map((part) => (part === '' ? own : part.replaceAll('[PROMPT]', () => own)));
}

/** Pictures and masks of these passes are handed over beside the request. */
const HANDED_OVER = { file: new Blob(), sha256: '', size: null };

function inpaintingOf(tab: DetailerTab, denoisingStrength: number, own: Img2Img | null): Img2Img {
  return {
    ...DEFAULT_IMG2IMG,
    source: HANDED_OVER,
    denoisingStrength,
    // A1111 gives these passes none.
    imageCfgScale: 1,
    inpaint: {
      ...DEFAULT_INPAINT,
      mask: HANDED_OVER,
      maskBlur: tab.maskBlur,
      inpaintArea: tab.onlyMasked ? 'Only masked' : 'Whole picture',
      padding: tab.padding,
      // Its script stays on.
      soft: own?.inpaint?.soft ?? null,
    },
  };
}

/** Where finds are painted in a picture that was inpainted as a whole: they must meet what was. Null where all are painted. */
export function detailedArea(
  { img2img, width, height }: GenerationParameters,
  mask: Raster | null,
  picture: PixelImage,
): Mask | null {
  const inpaint = img2img?.inpaint;
  if (!inpaint || !mask || inpaint.inpaintArea === 'Only masked') return null;
  const drawn = maskOf(mask);
  const turned = inpaint.maskMode === 'Inpaint masked' ? drawn : inverted(drawn);
  const mode = img2img.resizeMode === 'Just resize (latent upscale)' ? 'Resize and fill' : img2img.resizeMode;
  const fitted = greyOf(resizeToFit(turned, mode, width, height));
  return greyOf(resize(fitted, picture.width, picture.height, 'lanczos'));
}
