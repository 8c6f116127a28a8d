// A request that a script carries out: the script says what is painted, this paints it.
import type { Upscale } from '../../finishing/upscale.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { InterruptedError } from '../../runtime/errors.ts';
import { turn, turns } from '../../runtime/turn.ts';
import type { Img2ImgPictures } from '../recipes/img2img.ts';
import { prepareUnits } from '../recipes/control-units.ts';
import { partOf } from '../recipes/recipe.ts';
import { passesOf, type PassSize, type RequestPasses } from '../request/passes.ts';
import type { Script } from '../request/script.ts';
import { seedsOf } from '../request/seeds.ts';
import type { Pass, PassResult, ScriptHost, ScriptRequest } from '../scripts/host.ts';
import { runScript } from '../scripts/run-script.ts';
import { startPass } from '../scripts/start-pass.ts';
import type { GenerationOutcome } from './events.ts';
import { withDetails } from './detailing.ts';
import { Painter, type BatchInWork, type Task } from './painter.ts';

/** @throws ImageError where the source is not fit for the script. */
export async function carryOutScript(
  task: Task,
  parameters: ScriptRequest['parameters'],
  script: Script,
  pictures: Img2ImgPictures,
): Promise<GenerationOutcome> {
  const { job, continuation } = task;
  const plan = passesOf(parameters, pictures.source);
  const painter = new Painter(task, plan.batches);
  const done = continuation?.pictures ?? 0;
  for (let index = Math.floor(done / plan.pictures); index < plan.batches && !job.stop; index++) {
    // One record for all passes: pictures in between follow from what the UNet has answered.
    const batch = await painter.batch(index);
    const host = new PassPainter(painter, batch, plan, done);
    await runScript(host, script, { parameters, ...pictures, batch: index });
  }
  return { status: job.stop ? 'interrupted' : 'finished', imageIds: painter.imageIds };
}

/** What one batch's script paints with. */
class PassPainter implements ScriptHost {
  #passes = 0;
  #pictures = 0;
  /** As A1111's, the text of the first pass is that of all pictures. */
  #text = '';
  #interrupted = false;
  readonly #turns = turns();

  /** `kept`: pictures of the request that an earlier run has kept. */
  constructor(
    private readonly painter: Painter,
    private readonly batch: BatchInWork,
    private readonly plan: RequestPasses,
    private readonly kept: number,
  ) {}

  readonly pause = (): Promise<void> | undefined => this.#turns()?.then(() => this.#heed());

  get upscale(): Upscale {
    return this.painter.upscaler(() => this.painter.task.job.stop);
  }

  async paint(pass: Pass): Promise<PassResult> {
    const { painter, batch } = this;
    const { job, parameters: asked } = painter.task;
    const { kind, passes } = this.plan;
    const { batchSize } = pass.parameters;
    job.skip = false;
    await turn();
    this.#heed();
    const model = await batch.models.use(null, pass.parameters.prompt);
    const { annotate, lookAt, controlNetworkOf } = painter.task;
    const start = { source: pass.sources[0]!, mask: pass.mask };
    const means = { annotate, lookAt, pause: this.pause, start };
    const units = await prepareUnits(pass.parameters, controlNetworkOf, means, model.networks);
    const started = await startPass(model, pass, units);
    const index = this.#passes++;
    const [before, own, after] = [
      passes.slice(0, index),
      passes.slice(index, index + 1),
      passes.slice(index + 1),
    ];
    const run = partOf(started.paint(batch.models), sumOf(before), sumOf(own), sumOf(after));
    const part = kind && { kind, index, count: passes.length };
    const { latents, interrupted } = await painter.paint(run, batch, batchSize, part);
    if (index === 0) this.#text = painter.textOf(batch, seedsOf(asked, 0));
    const decoded: PixelImage[] = [];
    for (let i = 0; i < batchSize; i++) decoded.push(await painter.decode(batch, latents, i, batchSize));
    const pictures: PixelImage[] = [];
    for (const [i, raw] of decoded.entries()) {
      const restored = interrupted ? null : await painter.withFaces(raw);
      const asked = { picture: restored ?? raw, index: i, mask: pass.mask };
      const details = await withDetails(painter, batch, pass.parameters, asked);
      this.#interrupted ||= restored === null || details.interrupted;
      pictures.push(await started.finish(details.picture, i, latents.data));
    }
    // Interrupt and Skip that came meanwhile.
    await turn();
    return { pictures, cut: job.stop ? 'interrupt' : job.skip ? 'skip' : null };
  }

  /** Throws where the run is to end, and nothing is there yet that could be kept. */
  #heed(): void {
    if (this.painter.task.job.stop && this.#passes === 0) throw new InterruptedError();
  }

  async keep(picture: PixelImage): Promise<void> {
    const index = this.batch.index * this.plan.pictures + this.#pictures;
    this.#pictures += 1;
    if (index < this.kept) return;
    const { seed } = this.painter.task.parameters;
    await this.painter.keep(index, picture, seed, this.#text, this.#interrupted);
  }
}

function sumOf(passes: readonly PassSize[]) {
  const work = ({ steps, width, height, batchSize }: PassSize): number => steps * width * height * batchSize;
  return {
    steps: passes.reduce((sum, { steps }) => sum + steps, 0),
    work: passes.reduce((sum, pass) => sum + work(pass), 0),
  };
}
