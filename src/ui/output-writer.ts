// Writes pictures into the person's folder, one after another, and makes the grids of runs. What cannot be written waits: it is said
// once, and written when the person has done something about it. Loaded when first used.
import { gridsOf } from '../generation/request/grids.ts';
import { seedsOf } from '../generation/request/seeds.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { askToWrite, mayWrite, type OutputPicture } from '../library/output-folder.ts';
import type { PlotGrid } from '../plots/plan.ts';
import type { BatchPlace } from '../library/picture-export.ts';
import { toFailure } from './failure.ts';
import type { OutputHost, OutputItem } from './output-item.ts';
import type { KeptEvent } from './state/generation.svelte.ts';
import { output as t } from './strings/output.ts';

/** Pictures that wait; the library has those before them, too. */
const MAX_WAITING = 2000;
/** Seeds of a run that are told to the names of its files. */
const MAX_SEEDS = 10_000;

/** What waits is read again from the library. */
type Waiting = Omit<OutputItem, 'png'> & { readonly createdAt: number; readonly png: Blob | null };

export class OutputWriter {
  #waiting: Waiting[] = [];
  /** Nothing can be written, and the person knows. */
  #stuck = false;
  #chain: Promise<void> = Promise.resolve();

  constructor(
    private readonly output: { readonly folder: FileSystemDirectoryHandle | null },
    private readonly host: OutputHost,
  ) {}

  /** Resolves when it is written, or waits. */
  save(item: OutputItem): Promise<void> {
    const picture = { ...item, createdAt: Date.now() };
    return this.#next(() => this.#write(picture));
  }

  /** A picture of a run, or one beside it. */
  kept(event: KeptEvent, request: GenerationParameters): Promise<void> {
    const incomplete = event.type === 'image' && event.interrupted;
    if (incomplete && this.host.settings.saving.to.saveIncomplete !== true) return Promise.resolve();
    const { id, png, seed, parameters, index } = event;
    const place = request.img2img ? 'img2img-images' : 'txt2img-images';
    const suffix = event.type === 'further' ? `-${event.kind}` : '';
    return this.save({ place, id, png, seed, parameters, suffix, made: { index, request } });
  }

  /** Of a job that has ended. */
  grids(id: string, requests: readonly GenerationParameters[]): Promise<void> {
    return this.#next(async () => {
      for (const { img2img, ...order } of gridsOf(id, requests)) {
        try {
          const { worker } = this.host.gallery;
          const grid = await worker.keepGrid(order, this.host.settings.saving.to);
          if (!grid || !this.output.folder) continue;
          const place = img2img ? 'img2img-grids' : 'txt2img-grids';
          await this.#write({ ...grid, place, suffix: '' });
        } catch (error) {
          this.host.notices.warn(t.gridNotMade, toFailure(error).message);
        }
      }
    });
  }

  /** Of a plot that has ended, as far as it came. */
  plot(id: string, requests: readonly GenerationParameters[], grid: PlotGrid): Promise<void> {
    return this.#next(async () => {
      const pictures = requests.map((_, request) => `${id}-${request}-0`);
      const place = requests[0]?.img2img ? 'img2img-grids' : 'txt2img-grids';
      try {
        const kept = await this.host.gallery.worker.keepPlot(id, pictures, grid);
        for (const one of kept) if (this.output.folder) await this.#write({ ...one, place, suffix: '' });
      } catch (error) {
        this.host.notices.warn(t.gridNotMade, toFailure(error).message);
      }
    });
  }

  /** As part of a click. Resolves with whether it may write now. */
  async allow(): Promise<boolean> {
    const { folder } = this.output;
    if (!folder) return false;
    const allowed = await askToWrite(folder).catch(() => false);
    if (allowed) await this.retry();
    return allowed;
  }

  /** Writes what waits. */
  retry(): Promise<void> {
    return this.#next(async () => {
      this.#stuck = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const picture of waiting) await this.#write(picture);
      const written = waiting.length - this.#waiting.length;
      if (written > 0 && waiting.length > 0 && !this.#stuck)
        this.host.notices.inform(t.caughtUp, t.caughtUpWhat(written));
    });
  }

  #next(work: () => Promise<void>): Promise<void> {
    return (this.#chain = this.#chain.then(work).catch(() => undefined));
  }

  async #write(picture: Waiting): Promise<void> {
    const { folder } = this.output;
    if (!folder) return;
    if (this.#stuck) return this.#wait(picture);
    try {
      if (!(await mayWrite(folder))) throw new DOMException('', 'NotAllowedError');
      const png = picture.png ?? (await this.host.library.png(picture.id));
      // Deleted meanwhile.
      if (!png) return;
      const { saving } = this.host.settings;
      await this.host.gallery.worker.saveOutput(folder, outputOf(picture, png), saving.as, saving.to);
    } catch (error) {
      this.#wait(picture);
      this.#tell(folder, error);
    }
  }

  #wait(picture: Waiting): void {
    this.#waiting = [...this.#waiting, { ...picture, png: null }].slice(-MAX_WAITING);
  }

  #tell(folder: FileSystemDirectoryHandle, error: unknown): void {
    this.#stuck = true;
    const { notices } = this.host;
    const name = nameOf(error);
    if (name === 'NotAllowedError' || name === 'SecurityError') {
      notices.warn(t.notAllowed(folder.name), t.notAllowedWhat, [
        { label: t.allow, run: () => void this.allow() },
      ]);
      return;
    }
    const why =
      name === 'NotFoundError' ? t.gone : name === 'QuotaExceededError' ? t.full : toFailure(error).message;
    notices.warn(t.notWritten(folder.name), `${why} ${t.inLibrary}`, [
      { label: t.tryAgain, run: () => void this.retry() },
      { label: t.chooseAnother, run: () => this.host.openSettings() },
    ]);
  }
}

function outputOf(
  { place, seed, createdAt, parameters, suffix, forced, made }: Waiting,
  png: Blob,
): OutputPicture {
  return {
    place,
    png,
    seed,
    createdAt,
    parameters,
    suffix,
    forced: forced ?? null,
    batch: made ? batchOf(made) : null,
  };
}

/** Where a picture stood in its run; scripts make pictures of their own count. */
function batchOf({ index, request }: NonNullable<OutputItem['made']>): BatchPlace | null {
  const { batchSize, batchCount, script } = request;
  if (script) return null;
  const count = Math.min(batchSize * batchCount, MAX_SEEDS);
  return {
    ...{ batchSize, batchCount, batchIndex: index % batchSize, iteration: Math.floor(index / batchSize) },
    seeds: Array.from({ length: count }, (_, i) => seedsOf(request, i).seed),
  };
}

/** Of the browser's error, wherever it came from: a worker's is wrapped in words of ours. */
function nameOf(error: unknown): string {
  const { name = '' } = error as { readonly name?: string };
  if (name !== 'Failure') return name;
  return (
    /\b(NotAllowedError|SecurityError|NotFoundError|QuotaExceededError)\b/.exec(
      toFailure(error).details,
    )?.[1] ?? ''
  );
}
