// One request's way from the prompt to its pictures: batch after batch, or as its script says.
import { ImageError } from '../../image/errors.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { Raster } from '../../image/resize.ts';
import { readPicture } from '../../image/read-picture.ts';
import { parseExtraNetworks } from '../../prompt/extra-networks.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import { turn, turns } from '../../runtime/turn.ts';
import { paintHires } from '../recipes/hires.ts';
import {
  finishImg2Img,
  joinStarts,
  maskPictures,
  paintImg2Img,
  startImg2Img,
  type Img2ImgPictures,
  type Img2ImgStart,
} from '../recipes/img2img.ts';
import { prepareUnits, type UnitInRun } from '../recipes/control-units.ts';
import { finishUnits } from '../recipes/finish-units.ts';
import { paintAlternative } from '../recipes/img2img-alternative.ts';
import type { ModelInUse, Models, RecipeRun } from '../recipes/recipe.ts';
import type { Batch, SettledPicture } from '../recipes/sampling-request.ts';
import { paintTxt2Img } from '../recipes/txt2img.ts';
import type { GenerationParameters, Img2Img } from '../request/request.ts';
import { seedsOf } from '../request/seeds.ts';
import type { FurtherKind, GenerationOutcome } from './events.ts';
import { withDetails } from './detailing.ts';
import { Painter, type Task } from './painter.ts';
import { KNOWN_TAGS } from './run-add-ons.ts';
import { carryOutScript } from './script-run.ts';

/**
 * Makes all pictures of a request. Resolves when all are kept; rejects with what the networks reject with, and with
 * InterruptedError when it is stopped while a prompt is read.
 */
export async function makePictures(asked: Task): Promise<GenerationOutcome> {
  const task = withoutUnits(asked);
  const { parameters } = task;
  warnOfExtraNetworks(task);
  const { script, img2img } = parameters;
  // That one is a recipe of its own.
  if (!script || !img2img || script.kind === 'img2img alternative test') return makeBatches(task);
  const pictures = await readPictures(img2img);
  return carryOutScript(task, { ...parameters, img2img }, script, pictures).catch(unusable);
}

async function makeBatches(task: Task): Promise<GenerationOutcome> {
  const { job, parameters, continuation } = task;
  const { batchSize, batchCount } = parameters;
  const painter = new Painter(task, batchCount);
  const { current } = await painter.ownModel();
  await current.conditions(parameters);
  await turn();
  if (job.stop) throw new InterruptedError();
  const { annotate, lookAt } = task;
  const means = { annotate, lookAt, pause: turns(), start: null };
  const units = await prepareUnits(parameters, task.controlNetworkOf, means, current.networks).catch(
    unusable,
  );
  const recipe = await startRecipe(current, parameters, units, task.onEvent);

  let done = continuation?.pictures ?? 0;
  for (let index = Math.floor(done / batchSize); index < batchCount && !job.stop; index++) {
    job.skip = false;
    const first = index * batchSize;
    const batch = await painter.batch(index);
    const seedOf = (i: number) => seedsOf(parameters, first + i);
    // The text is that of the finished picture, as in A1111.
    const textOf = (i: number, request = recipe.requestOf(i)): string =>
      painter.textOf(batch, seedOf(i), request);
    const keepFirst = async (pictures: readonly PixelImage[]): Promise<void> => {
      for (const [i, picture] of batch.replay.replaying ? [] : pictures.entries()) {
        await painter.keepFurther(first + i, 'before-highres-fix', picture, seedOf(i).seed, textOf(i));
      }
    };
    const run = recipe.paint(batch.models, { first, size: batchSize }, keepFirst);
    const painted = await painter.paint(run, batch, batchSize).catch(ifNothingEmerged);
    if (!painted) continue;
    const { latents, interrupted } = painted;
    const decodeAt = (i: number) => painter.decode(batch, latents, i, batchSize);
    const early: PixelImage[] = [];
    // Details may need another model than the one that decodes.
    if (parameters.detailer) for (let i = done - first; i < batchSize; i++) early.push(await decodeAt(i));
    for (let i = done - first; i < batchSize; i++) {
      const settled = { batch: { first, size: batchSize }, index: i, latents: latents.data };
      const raw = early.shift() ?? (await decodeAt(i));
      // Who interrupts does not wait for faces; A1111 restores them all the same.
      const restored = interrupted ? null : await painter.withFaces(raw);
      const { seed } = seedOf(i);
      const text = textOf(i, restored ? undefined : withoutFaces(recipe.requestOf(i)));
      if (restored && restored !== raw && parameters.settings.saveBeforeFaceRestoration)
        await painter.keepFurther(first + i, 'before-face-restoration', raw, seed, text);
      const details = await withDetails(painter, batch, recipe.requestOf(i), {
        ...{ picture: restored ?? raw, index: first + i, mask: recipe.mask },
      });
      const { picture: decoded } = details;
      for (const { kind, picture } of await recipe.further(decoded, settled))
        await painter.keepFurther(first + i, kind, picture, seed, text);
      const picture = await recipe.finish(finishUnits(decoded, units), settled);
      await painter.keep(first + i, picture, seed, text, restored === null || details.interrupted);
      done = first + i + 1;
    }
  }
  return { status: job.stop ? 'interrupted' : 'finished', imageIds: painter.imageIds };
}

/** A recipe that cannot use them, which must not go unnoticed. */
function withoutUnits(task: Task): Task {
  const { parameters, onEvent } = task;
  const { script, controlUnits } = parameters;
  if (script?.kind !== 'img2img alternative test' || controlUnits.length === 0) return task;
  onEvent({
    type: 'warning',
    message: 'ControlNet units are left out: img2img alternative test cannot use them.',
  });
  return { ...task, parameters: { ...parameters, controlUnits: [] } };
}

/** What is asked of a picture whose faces stay as they are. */
function withoutFaces(request: GenerationParameters): GenerationParameters {
  return { ...request, settings: { ...request.settings, faceRestoration: false } };
}

function ifNothingEmerged(error: unknown): null {
  if (error instanceof InterruptedError) return null;
  throw error;
}

/** A recipe under way: with what all batches of the job have in common done. */
interface StartedRecipe {
  /** `keepFirst`: for first passes that are to be kept as well. */
  paint(models: Models, batch: Batch, keepFirst: KeepPictures): RecipeRun;
  /** From a decoded picture to the one that is kept. */
  finish(decoded: PixelImage, settled: SettledPicture): PixelImage | Promise<PixelImage>;
  /** ... and to what is kept beside it. */
  further(
    decoded: PixelImage,
    settled: SettledPicture,
  ): readonly FurtherPicture[] | Promise<readonly FurtherPicture[]>;
  /** Of one picture of a batch: what its text asks for. */
  requestOf(index: number): GenerationParameters;
  /** Of what is inpainted; null where all is painted. */
  readonly mask: Raster | null;
}

type KeepPictures = (pictures: readonly PixelImage[]) => Promise<void>;

interface FurtherPicture {
  readonly kind: FurtherKind;
  readonly picture: PixelImage;
}

async function startRecipe(
  { networks, encode, upscale }: ModelInUse,
  parameters: GenerationParameters,
  units: readonly UnitInRun[],
  onEvent: Task['onEvent'],
): Promise<StartedRecipe> {
  const { img2img, hires, script, settings } = parameters;
  const plain = {
    finish: (decoded: PixelImage) => decoded,
    further: () => [],
    requestOf: () => parameters,
    mask: null,
  };
  if (hires) {
    const firstPass = hires.firstPass && (await readPicture(hires.firstPass.file).catch(unusable));
    const { saveBeforeHires } = settings;
    return {
      ...plain,
      paint: (models, batch, keepFirst) =>
        paintHires(models, parameters, hires, firstPass, batch, saveBeforeHires ? keepFirst : null, units),
    };
  }
  if (!img2img) return { ...plain, paint: (models, batch) => paintTxt2Img(models, parameters, batch, units) };
  const { others = [] } = img2img;
  const requests = [img2img.source, ...others].map((source) => ({ ...img2img, source, others: [] }));
  const starts: Img2ImgStart[] = [];
  let mask: Raster | null = null;
  for (const request of requests) {
    const pictures = await readPictures(request);
    ({ mask } = pictures);
    starts.push(
      await startImg2Img(networks, parameters, request, pictures, { encode, upscale }).catch(unusable),
    );
  }
  const start = joinStarts(starts);
  const startOf = (index: number): Img2ImgStart => starts[index % starts.length]!;
  if (img2img.inpaint && !start.painting) {
    const message = 'The mask is empty, so the whole picture is painted over, as without a mask.';
    onEvent({ type: 'warning', message });
  }
  const alternative = script?.kind === 'img2img alternative test' ? script : null;
  return {
    mask: start.painting && mask,
    paint: (models, batch) =>
      alternative
        ? paintAlternative(models, parameters, alternative, img2img, start, batch)
        : paintImg2Img(models, parameters, img2img, start, batch, units),
    finish: (decoded, settled) => finishImg2Img(parameters, startOf(settled.index), decoded, settled),
    further: async (decoded, settled) => {
      const { returnMask, returnMaskComposite } = settings;
      if (!returnMask && !returnMaskComposite) return [];
      const shown = await maskPictures(parameters, startOf(settled.index), decoded, settled);
      if (!shown) return [];
      return [
        ...(returnMask ? [{ kind: 'mask', picture: shown.mask } as const] : []),
        ...(returnMaskComposite ? [{ kind: 'mask-composite', picture: shown.composite } as const] : []),
      ];
    },
    requestOf: (index) => ({ ...parameters, img2img: requests[index % requests.length]! }),
  };
}

async function readPictures({ source, inpaint }: Img2Img): Promise<Img2ImgPictures> {
  return {
    source: await readPicture(source.file).catch(unusable),
    mask: inpaint && (await readPicture(inpaint.mask.file).catch(unusable)),
  };
}

function unusable(error: unknown): never {
  if (!(error instanceof ImageError)) throw error;
  throw new BadParametersError(`The picture to start from cannot be used. ${error.message}`);
}

/** Tags are taken out of the prompt as A1111 does; that some change nothing must not go unnoticed. */
function warnOfExtraNetworks({ parameters, onEvent }: Task): void {
  const { prompt, negativePrompt } = parameters;
  const warn = (tags: readonly string[], why: string): void => {
    if (tags.length === 0) return;
    const named = [...new Set(tags)].map((kind) => `<${kind}:...>`).join(' and ');
    onEvent({ type: 'warning', message: `${named} ${why}` });
  };
  const tagsOf = (text: string) => [...parseExtraNetworks(text).networks.keys()];
  const unknown = tagsOf(prompt).filter((kind) => !KNOWN_TAGS.includes(kind));
  warn(unknown, 'in the prompt has no effect: add-on networks of that kind are not supported yet.');
  warn(tagsOf(negativePrompt), 'in the negative prompt has no effect: write it into the prompt.');
}
