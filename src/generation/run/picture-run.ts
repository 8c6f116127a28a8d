// One request's way from the prompt to its pictures: sampling, step by step, with previews; decoding; keeping.
import { conditioningOf } from '../../families/conditioning.ts';
import { ImageError } from '../../image/errors.ts';
import { latentPreview } from '../../image/latent-preview.ts';
import { vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import { encodePng } from '../../image/png.ts';
import { readPicture } from '../../image/read-picture.ts';
import { saveImage } from '../../library/images.ts';
import { parseExtraNetworks } from '../../prompt/extra-networks.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { turn } from '../../runtime/turn.ts';
import { positionsToText } from '../request/positions-text.ts';
import { encodePrompts, type CondCache, type Conditions } from '../recipes/conditioning.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import { fromGenerationParameters, type InfotextContext } from '../request/parameters.ts';
import { Replay } from './replay.ts';
import { seedsOf, type Seed } from '../request/seeds.ts';
import { TimeLeft } from './time-left.ts';
import { finishImg2Img, sampleImg2Img, startImg2Img } from '../recipes/img2img.ts';
import type { Batch } from '../recipes/sampling-request.ts';
import { sampleTxt2Img } from '../recipes/txt2img.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import type { SamplingRun } from '../../sampling/sample.ts';
import type { Continuation } from '../request/continuation.ts';
import type { GenerationEvent, GenerationOutcome } from './events.ts';
import type { GenerationParameters } from '../request/request.ts';

type OnEvent = (event: GenerationEvent) => void;

/** Previews of a large batch would cost more than they tell. */
const MAX_PREVIEWS = 4;

/** What may cut a run short. */
export interface Job {
  /** Stop after the step that runs. */
  stop: boolean;
  /** ... and go on with the next batch. */
  skip: boolean;
}

/**
 * Makes all pictures of a request. `vaeText`: what their texts tell of the VAE. `continuation`: what an earlier run of it had done. Resolves when all pictures are kept;
 * rejects with what the networks reject with, and with InterruptedError when it is stopped while the prompt is read.
 */
export async function makePictures(
  job: Job,
  model: LoadedModel,
  parameters: GenerationParameters,
  vaeText: Pick<InfotextContext, 'vaeHash' | 'vaeName'>,
  conds: CondCache,
  onEvent: OnEvent,
  continuation: Continuation | null,
): Promise<GenerationOutcome> {
  warnOfExtraNetworks(parameters, onEvent);
  const { batchSize, batchCount, steps, width, height, settings } = parameters;
  const [h, w] = [height / 8, width / 8];
  const area = model.latentChannels * h * w;
  const imageIds: string[] = [];
  onEvent({ type: 'status', message: 'Reading the prompt' });
  const { family, textEncoders, contextDim } = model;
  const encodeText: LoadedModel['encodeText'] = async (...args) => {
    await turn();
    // A schedule of many texts takes long on the processor.
    if (job.stop) throw new InterruptedError();
    return model.encodeText(...args);
  };
  const conditions = await encodePrompts({ family, textEncoders, contextDim, encodeText }, parameters, conds);
  warnOfTruncation(conditions, onEvent);
  await turn();
  if (job.stop) throw new InterruptedError();
  const recipe = await startRecipe(model, parameters, conditions, onEvent);
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
    const networks = replay.over(model);
    const sampling = recipe.sample(networks, { first, size: batchSize });
    let latents: Float32Array | null = null;
    let interrupted = false;
    for (;;) {
      const next = await sampling.next();
      if (next.done) {
        latents = next.value;
        break;
      }
      const { step, steps: total, denoised } = next.value;
      const { replaying } = replay;
      // What is only repeated says nothing of how long the rest takes.
      const remainingMs = replaying ? null : time.update((batch + step / total) * steps);
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
      onEvent(await previewOf(model, denoised, settings.livePreviewMethod, batchSize, w, h));
      // What is emerging is kept: A1111 too decodes the last denoised latent of an interrupted run.
      latents = denoised;
      if ((job.stop || job.skip) && step < total) {
        interrupted = true;
        await sampling.return(denoised);
        break;
      }
    }
    if (!latents) break;
    for (let i = done - first; i < batchSize; i++) {
      onEvent({
        type: 'status',
        message: batchSize > 1 ? `Decoding picture ${i + 1} of ${batchSize}` : 'Decoding the picture',
      });
      const latent = latents.slice(i * area, (i + 1) * area);
      const decoded = await (settings.vaeDecodeMethod === 'TAESD'
        ? model.decodeTiny(latent, h, w)
        : model.decode(latent, h, w));
      const picture = recipe.finish(vaeOutputToPixels(decoded, width, height));
      const { seed, subseed } = seedsOf(parameters, first + i);
      const text = fromGenerationParameters(parameters, {
        seed,
        subseed,
        padded: conditions.padded,
        conditioning: conditioningOf(model),
        modelHash: shortHash(model),
        modelName: model.record.name,
        ...vaeText,
        buffers: model.buffers,
        family: model.family,
        extra: positionsToText(model.record),
      });
      const id = continuation ? `${continuation.id}-${first + i}` : crypto.randomUUID();
      await keep(id, picture, model, seed, text, interrupted, onEvent);
      imageIds.push(id);
      done = first + i + 1;
    }
  }
  return { status: job.stop ? 'interrupted' : 'finished', imageIds };
}

/** A recipe under way: with what all batches of the job have in common done. */
interface StartedRecipe {
  sample(networks: SampledNetworks, batch: Batch): SamplingRun;
  /** From a decoded picture to the one that is kept. */
  finish(decoded: PixelImage): PixelImage;
}

async function startRecipe(
  model: LoadedModel,
  parameters: GenerationParameters,
  conditions: Conditions,
  onEvent: OnEvent,
): Promise<StartedRecipe> {
  const { img2img } = parameters;
  if (!img2img) {
    return {
      sample: (networks, batch) => sampleTxt2Img(networks, parameters, conditions, batch),
      finish: (decoded) => decoded,
    };
  }
  onEvent({ type: 'status', message: 'Encoding the picture' });
  try {
    const source = await readPicture(img2img.source.file);
    const tiny = parameters.settings.vaeEncodeMethod === 'TAESD';
    const encode: SampledNetworks['encode'] = (...args) =>
      tiny ? model.encodeTiny(...args) : model.encode(...args);
    const start = await startImg2Img(model, parameters, img2img, source, encode);
    return {
      sample: (networks, batch) => sampleImg2Img(networks, parameters, img2img, start, conditions, batch),
      finish: (decoded) => finishImg2Img(parameters, start, decoded),
    };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new BadParametersError(`The picture for img2img cannot be used. ${error.message}`);
  }
}

/** Encodes and stores one picture, and hands it to the page even where there is no room to store it. */
async function keep(
  id: string,
  picture: PixelImage,
  model: LoadedModel,
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

function shortHash(model: LoadedModel): string {
  return model.record.sha256.slice(0, 10);
}

function warnOfTruncation({ truncated }: Conditions, onEvent: OnEvent): void {
  for (const text of truncated) {
    onEvent({
      type: 'warning',
      message: `The old emphasis implementation reads 75 tokens only. This was left out: ${text}`,
    });
  }
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
  latents: Float32Array,
  method: ImageSettings['livePreviewMethod'],
  batchSize: number,
  width: number,
  height: number,
): Promise<GenerationEvent> {
  const area = model.latentChannels * width * height;
  const { preview } = model.family.latent;
  const images: Uint8ClampedArray<ArrayBuffer>[] = [];
  // Without a tiny decoder, which has been said, it is the rough one.
  const whole = method === 'Full' || (method === 'TAESD' && model.hasTinyDecoder);
  for (let i = 0; i < Math.min(batchSize, MAX_PREVIEWS); i++) {
    const latent = latents.slice(i * area, (i + 1) * area);
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
