// The detailer's passes over the pictures of a batch: what it finds and paints, on the run's models.
import type { Find } from '../../finishing/detection/find.ts';
import { shownFinds } from '../../finishing/detection/shown-finds.ts';
import type { Mask } from '../../image/mask.ts';
import { withoutAlpha, type PixelImage } from '../../image/pixels.ts';
import type { Raster } from '../../image/resize.ts';
import { InterruptedError } from '../../runtime/errors.ts';
import { turn } from '../../runtime/turn.ts';
import { FACES, type DetailerTab } from '../request/detailer.ts';
import type { GenerationParameters, NamedCheckpoint } from '../request/request.ts';
import {
  detailedArea,
  paintDetails,
  type Detailed,
  type DetailHost,
  type DetailPart,
} from '../scripts/detailer.ts';
import type { Pass } from '../scripts/host.ts';
import { startPass } from '../scripts/start-pass.ts';
import type { BatchInWork, Painter } from './painter.ts';

/**
 * A decoded picture with its details painted; as it is without a detailer, and where the run was cut short before. `parameters`: of
 * the pass that made it, `index` in which it is picture. `mask`: of what was inpainted. Another model may be in use afterwards.
 */
export async function withDetails(
  painter: Painter,
  batch: BatchInWork,
  parameters: GenerationParameters,
  {
    picture,
    index,
    mask,
  }: { readonly picture: PixelImage; readonly index: number; readonly mask: Raster | null },
): Promise<Detailed> {
  const { detailer } = parameters;
  const { job } = painter.task;
  if (!detailer || job.stop || job.skip) return { picture, interrupted: false };
  const within = detailedArea(parameters, mask, picture);
  const { family } = batch.models.loaded;
  const trained = family.unet.vector ? family.sizes.usual : [];
  return painter.aside(() =>
    paintDetails(new Host(painter, batch), parameters, detailer, {
      ...{ picture: withoutAlpha(picture), index, within, trained },
    }),
  );
}

function noneWhereCut(error: unknown): [] {
  if (error instanceof InterruptedError) return [];
  throw error;
}

class Host implements DetailHost {
  constructor(
    private readonly painter: Painter,
    private readonly batch: BatchInWork,
  ) {}

  async detect({ model, confidence }: DetailerTab, picture: PixelImage) {
    const { job, onEvent, detect, facesUntil } = this.painter.task;
    await turn();
    // What is interrupted now has nothing more to find.
    if (job.stop || job.skip) return [];
    onEvent({ type: 'status', message: `Detailer: looking with ${model}` });
    if (model === FACES) {
      const faces = await facesUntil(() => job.stop || job.skip)
        .find(picture)
        .catch(noneWhereCut);
      return faces
        .filter(({ score }) => score > confidence)
        .map(({ box: { left, top, right, bottom }, score }) => {
          return { box: [left, top, right, bottom] as const, confidence: score, name: 'face' };
        });
    }
    const finds = await detect(model, picture, confidence);
    if (finds.length === 0) onEvent({ type: 'status', message: 'Detailer: nothing found' });
    return finds;
  }

  show(picture: PixelImage, finds: readonly Find[], masks: readonly Mask[]): void {
    if (masks.length === 0) return;
    const { width, height } = picture;
    const images = [shownFinds(picture, finds, masks)];
    this.painter.task.onEvent({ type: 'preview', width, height, images });
  }

  async paint(
    pass: Pass,
    checkpoint: NamedCheckpoint | null,
    part: DetailPart,
  ): Promise<PixelImage | 'skip' | 'interrupt'> {
    const { painter, batch } = this;
    const { job } = painter.task;
    await turn();
    if (job.stop) return 'interrupt';
    job.skip = false;
    try {
      const started = await startPass(await batch.models.use(checkpoint, pass.parameters.prompt), pass);
      const run = started.paint(batch.models);
      const { latents, interrupted } = await painter.paint(run, batch, 1, { kind: 'detail', ...part });
      // What had emerged of a part would stand out in a picture that is finished.
      if (interrupted) return this.#cut();
      return await started.finish(await painter.decode(batch, latents, 0, 1), 0, latents.data);
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      return this.#cut();
    }
  }

  #cut(): 'skip' | 'interrupt' {
    const { job } = this.painter.task;
    if (job.stop) return 'interrupt';
    job.skip = false;
    return 'skip';
  }
}
