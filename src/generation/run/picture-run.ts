// One request's way from the prompt to its pictures: sampling, step by step, with previews; decoding; keeping.
import { conditioningOf } from '../../families/conditioning.ts';
import { ImageError } from '../../image/errors.ts';
import { latentPreview } from '../../image/latent-preview.ts';
import { vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import { encodePng } from '../../image/png.ts';
import { readPicture } from '../../image/read-picture.ts';
import { saveImage } from '../../library/images.ts';
import type { StoredModel } from '../../library/types.ts';
import { parseExtraNetworks } from '../../prompt/extra-networks.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { turn } from '../../runtime/turn.ts';
import { positionsToText } from '../request/positions-text.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import { fromGenerationParameters, type InfotextContext } from '../request/parameters.ts';
import { runSteps } from '../request/run-steps.ts';
import { RunModels, type Job, type OpenModel } from './models-in-use.ts';
import { Replay } from './replay.ts';
import { seedsOf, type Seed } from '../request/seeds.ts';
import { TimeLeft } from './time-left.ts';
import { paintHires } from '../recipes/hires.ts';
import { finishImg2Img, paintImg2Img, startImg2Img } from '../recipes/img2img.ts';
import type { LatentBatch, ModelInUse, Models, RecipeRun } from '../recipes/recipe.ts';
import type { Batch, SettledPicture } from '../recipes/sampling-request.ts';
import { paintTxt2Img } from '../recipes/txt2img.ts';
import type { Continuation } from '../request/continuation.ts';
import type { GenerationEvent, GenerationOutcome } from './events.ts';
import type { GenerationParameters } from '../request/request.ts';

type OnEvent = (event: GenerationEvent) => void;

/** Previews of a large batch would cost more than they tell. */
const MAX_PREVIEWS = 4;

/**
 * Makes all pictures of a request. `vaeText`: what their texts tell of the VAE. `continuation`: what an earlier run of it had done.
 * Resolves when all pictures are kept; rejects with what the networks reject with, and with InterruptedError when it is stopped
 * while a prompt is read.
 */
export async function makePictures(
  job: Job,
  open: OpenModel,
  parameters: GenerationParameters,
  vaeText: Pick<InfotextContext, 'vaeHash' | 'vaeName'>,
  onEvent: OnEvent,
  continuation: Continuation | null,
): Promise<GenerationOutcome> {
  warnOfExtraNetworks(parameters, onEvent);
  const { batchSize, batchCount, settings } = parameters;
  const steps = runSteps(parameters);
  const imageIds: string[] = [];
  const runModels = new RunModels(open, parameters, job, onEvent);
  const unrecorded = await runModels.forBatch(new Replay([], () => undefined));
  const own = unrecorded.loaded.record;
  await unrecorded.current.conditions(parameters);
  await turn();
  if (job.stop) throw new InterruptedError();
  const recipe = await startRecipe(unrecorded.current, parameters, onEvent);
  const time = new TimeLeft(batchCount * steps);

  let done = continuation?.pictures ?? 0;
  let past = continuation?.evaluations ?? [];
  for (let batch = Math.floor(done / batchSize); batch < batchCount && !job.stop; batch++) {
    job.skip = false;
    const first = batch * batchSize;
    const replay = new Replay(past, (index, evaluation) => {
      if (continuation) onEvent({ type: 'evaluation', batch, index, evaluation });
    });
    past = [];
    const models = await runModels.forBatch(replay);
    const text = {
      ...{ conditioning: conditioningOf(models.loaded), ...vaeText },
      ...{ modelHash: shortHash(own), modelName: own.name, extra: positionsToText(own) },
      ...{ buffers: models.loaded.buffers, family: models.loaded.family },
    };
    const run = recipe.paint(models, { first, size: batchSize });
    let latents: LatentBatch | null = null;
    let interrupted = false;
    for (;;) {
      const next = await run.next();
      if (next.done) {
        latents = next.value;
        break;
      }
      const { step, steps: total, done: share, latents: emerging } = next.value;
      const { replaying } = replay;
      // What is only repeated says nothing of how long the rest takes.
      const remainingMs = replaying ? null : time.update((batch + share) * steps);
      onEvent({
        type: 'step',
        batch,
        batchCount,
        step,
        steps: total,
        elapsedMs: time.elapsedMs,
        remainingMs,
      });
      // Interrupt and Skip that came during the step.
      await turn();
      if (replaying) continue;
      onEvent(await previewOf(models.loaded, emerging, settings.livePreviewMethod, batchSize));
      // What is emerging is kept: A1111 too decodes the last denoised latent of an interrupted run.
      latents = emerging;
      if ((job.stop || job.skip) && step < total) {
        interrupted = true;
        await run.return(emerging);
        break;
      }
    }
    if (!latents) break;
    for (let i = done - first; i < batchSize; i++) {
      onEvent({
        type: 'status',
        message: batchSize > 1 ? `Decoding picture ${i + 1} of ${batchSize}` : 'Decoding the picture',
      });
      const settled = { batch: { first, size: batchSize }, index: i, latents: latents.data };
      const picture = recipe.finish(await decoded(models.current, latents, i, batchSize), settled);
      const { seed, subseed } = seedsOf(parameters, first + i);
      const told = fromGenerationParameters(parameters, { ...text, seed, subseed, padded: runModels.padded });
      const id = continuation ? `${continuation.id}-${first + i}` : crypto.randomUUID();
      await keep(id, picture, own, seed, told, interrupted, onEvent);
      imageIds.push(id);
      done = first + i + 1;
    }
  }
  return { status: job.stop ? 'interrupted' : 'finished', imageIds };
}

/** Picture `i` of a batch of `count`. */
async function decoded(
  { decode }: ModelInUse,
  { data, height, width }: LatentBatch,
  i: number,
  count: number,
): Promise<PixelImage> {
  const size = data.length / count;
  const picture = await decode(data.slice(i * size, (i + 1) * size), height, width);
  return vaeOutputToPixels(picture, 8 * width, 8 * height);
}

/** A recipe under way: with what all batches of the job have in common done. */
interface StartedRecipe {
  paint(models: Models, batch: Batch): RecipeRun;
  /** From a decoded picture to the one that is kept. */
  finish(decoded: PixelImage, settled: SettledPicture): PixelImage;
}

async function startRecipe(
  { networks, encode }: ModelInUse,
  parameters: GenerationParameters,
  onEvent: OnEvent,
): Promise<StartedRecipe> {
  const { img2img, hires } = parameters;
  const finish = (decoded: PixelImage): PixelImage => decoded;
  if (hires) {
    const firstPass = hires.firstPass && (await readPicture(hires.firstPass.file).catch(unusable));
    return { paint: (models, batch) => paintHires(models, parameters, hires, firstPass, batch), finish };
  }
  if (!img2img) return { paint: (models, batch) => paintTxt2Img(models, parameters, batch), finish };
  const source = await readPicture(img2img.source.file).catch(unusable);
  const { inpaint } = img2img;
  const mask = inpaint && (await readPicture(inpaint.mask.file).catch(unusable));
  const start = await startImg2Img(networks, parameters, img2img, { source, mask }, encode).catch(unusable);
  if (inpaint && !start.painting) {
    const message = 'The mask is empty, so the whole picture is painted over, as without a mask.';
    onEvent({ type: 'warning', message });
  }
  return {
    paint: (models, batch) => paintImg2Img(models, parameters, img2img, start, batch),
    finish: (decoded, settled) => finishImg2Img(parameters, start, decoded, settled),
  };
}

function unusable(error: unknown): never {
  if (!(error instanceof ImageError)) throw error;
  throw new BadParametersError(`The picture to start from cannot be used. ${error.message}`);
}

/** Encodes and stores one picture, and hands it to the page even where there is no room to store it. */
async function keep(
  id: string,
  picture: PixelImage,
  model: StoredModel,
  seed: Seed,
  text: string,
  interrupted: boolean,
  onEvent: OnEvent,
): Promise<void> {
  const { width, height } = picture;
  const modelHash = shortHash(model);
  const bytes = await encodePng(picture, { parameters: text });
  const png = new Blob([bytes], { type: 'image/png' });
  try {
    await saveImage({ id, createdAt: Date.now(), width, height, seed, modelHash, parameters: text, png });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    onEvent({
      type: 'warning',
      message: `The picture is shown but could not be kept; download it now. ${why}`,
    });
  }
  // A caller in another thread has the picture when this resolves; it must not come after the word that all is done.
  await (onEvent({ type: 'image', id, png, seed, parameters: text, interrupted }) as unknown);
}

function shortHash({ sha256 }: StoredModel): string {
  return sha256.slice(0, 10);
}

/** Tags are taken out of the prompt as A1111 does; that they change nothing yet must not go unnoticed. */
function warnOfExtraNetworks({ prompt, negativePrompt }: GenerationParameters, onEvent: OnEvent): void {
  const kinds = [prompt, negativePrompt].flatMap((text) => [...parseExtraNetworks(text).networks.keys()]);
  if (kinds.length === 0) return;
  const tags = [...new Set(kinds)].map((kind) => `<${kind}:...>`).join(' and ');
  onEvent({
    type: 'warning',
    message: `${tags} in the prompt has no effect: add-on networks are not supported yet.`,
  });
}

async function previewOf(
  model: LoadedModel,
  { data, height, width }: LatentBatch,
  method: ImageSettings['livePreviewMethod'],
  batchSize: number,
): Promise<GenerationEvent> {
  const size = data.length / batchSize;
  const { preview } = model.family.latent;
  const images: Uint8ClampedArray<ArrayBuffer>[] = [];
  // Without a tiny decoder, which has been said, it is the rough one.
  const whole = method === 'Full' || (method === 'TAESD' && model.hasTinyDecoder);
  for (let i = 0; i < Math.min(batchSize, MAX_PREVIEWS); i++) {
    const latent = data.slice(i * size, (i + 1) * size);
    if (!whole) images.push(latentPreview(latent, width, height, preview));
    else {
      const decoded =
        method === 'Full' ? model.decode(latent, height, width) : model.decodeTiny(latent, height, width);
      const { data } = vaeOutputToPixels(await decoded, 8 * width, 8 * height, 4);
      images.push(new Uint8ClampedArray(data.buffer));
    }
  }
  const scale = whole ? 8 : 1;
  return { type: 'preview', width: scale * width, height: scale * height, images };
}
