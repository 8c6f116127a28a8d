// From a press of Generate to a job of the queue, and to its end by Interrupt.
import type { GenerationParameters } from '../../generation/request/request.ts';
import { picturesOf } from '../../generation/request/passes.ts';
import { laterSeeds, RANDOM_SEED, randomSeed, type Seed } from '../../generation/request/seeds.ts';
import type { Cell } from '../../plots/cell.ts';
import type { Plot } from '../../plots/plot.ts';
import { MAX_REQUESTS } from '../../library/queue.ts';
import { PICTURE_TYPES } from '../dropped-files.ts';
import { toFailure } from '../failure.ts';
import { listed } from '../format.ts';
import { findByHash } from '../model-facts.ts';
import type { TabId } from '../navigation/places.ts';
import { remember } from '../prompt-history.ts';
import { requestOf } from '../request.ts';
import { common } from '../strings/common.ts';
import { notices as t } from '../strings/notices.ts';
import { plots } from '../strings/plots.ts';
import { source } from '../strings/source.ts';
import { batch } from '../strings/batch.ts';
import type { BatchFiles } from '../batch.ts';
import type { ExpandedRequest } from '../expand-request.ts';
import { inpaintOf } from '../inpaint-choice.ts';
import { pickFiles } from '../pick-files.ts';
import { GenerateForever } from './forever.svelte.ts';
import type { GenerationJob } from './generation.svelte.ts';
import type { ImportQueue } from './imports.svelte.ts';
import type { ModelChoice } from './model-choice.ts';
import type { NextRun } from './next-run.ts';
import type { PngInfo } from './png-info.svelte.ts';
import type { NoticeAction, Notices } from './notices.svelte.ts';
import type { GenerationQueue, NewJob } from './queue.svelte.ts';
import type { Settings } from './settings.svelte.ts';
import type { Source } from './source.svelte.ts';

/** What it needs of the page. */
export interface StarterHost {
  readonly notices: Notices;
  readonly settings: Settings;
  readonly imports: ImportQueue;
  readonly job: GenerationJob;
  readonly queue: GenerationQueue;
  readonly models: Pick<ModelChoice, 'checkpoint' | 'checkpoints' | 'vaes' | 'upscalers'>;
  tab: TabId;
  selectedPicture: string | null;
  readonly source: Source;
  readonly pngInfo: PngInfo;
  readonly next: NextRun;
  takeSource(picture: Blob, name: string): Promise<void>;
  /** This tab makes pictures, or is about to. */
  readonly generating: boolean;
  readonly waysToAModel: readonly NoticeAction[];
  openSettings(): void;
  attempt(title: string, action: () => Promise<unknown>): Promise<boolean>;
}

/** Files of a batch that are told with the reason why they were left out. */
const SKIPPED_TOLD = 5;
/** Of a plot. */
const REMARKS_TOLD = 5;

/** Milliseconds in which a second click belongs to the first. */
const DOUBLE_CLICK = 500;

/** How pictures are asked for. */
export interface Asked {
  /** Ctrl+Enter: does not wait for other jobs and interrupts the one that runs, as in A1111. */
  readonly now?: boolean;
  /** Before the other jobs that wait. */
  readonly first?: boolean;
  /**
   * Without it finished imports stay: they lie above the button that was pressed, which must not move from under the
   * hand.
   */
  readonly tidy?: boolean;
  /** As often, in one job, with seeds that go on. */
  readonly times?: number;
  /** Pictures after which the seeds go on. */
  readonly made?: number;
}

export class RunStarter {
  readonly forever: GenerateForever;
  /** Requests on their way to the queue. */
  #asking = 0;
  /** Generate has just been pressed, or has just become another button: a click now was not meant for what is there. */
  settling = $state(false);
  #settled: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: StarterHost) {
    this.forever = new GenerateForever({
      jobs: () => host.queue.jobs,
      set: () => {
        const { settings } = host;
        const { img2img, script } = host.next;
        const request = { ...settings.parameters, img2img, script };
        return { seed: request.seed, pictures: picturesOf(request) };
      },
      ask: (made) => this.#ask({ tidy: false, made }),
    });
  }

  settle(): void {
    this.settling = true;
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => (this.settling = false), DOUBLE_CLICK);
  }

  /** Makes pictures of what is set: at once, or when the queue's other jobs are done. */
  async generate(asked: Asked = {}): Promise<void> {
    await this.#ask(asked);
  }

  /** Sends a finished picture through Hires. fix, with the parameters in its text: shows txt2img, where it comes out. */
  async enlarge(picture: Blob, text: string): Promise<void> {
    const { host } = this;
    const { settings, queue } = host;
    const { enlarging } = await import('../enlarge.ts');
    const own = settings.snapshot();
    const { request, modelHash, modelName } = await enlarging(
      picture,
      text,
      own,
      settings.run.hires,
      host.next.refiner,
    );
    const model = findByHash(host.models.checkpoints, modelHash, modelName)[0] ?? host.models.checkpoint;
    if (!model) {
      host.notices.inform(t.noCheckpoint, t.noCheckpointWhat, host.waysToAModel);
      return;
    }
    if (modelHash !== null && !model.sha256.startsWith(modelHash))
      host.notices.warn(t.mayDiffer, `${t.modelMissing(modelName, modelHash)}.`);
    host.tab = 'txt2img';
    if (!host.generating) host.selectedPicture = null;
    await this.#keepSource(request, '');
    await queue.add({ model, requests: [request] }, false);
  }

  /**
   * img2img of many files, one after another, with what is set. `onProgress`: files that have been read. Resolves with whether any
   * of them is in the queue.
   */
  async batch(files: BatchFiles, onProgress: (done: number) => void): Promise<boolean> {
    const { settings, queue, notices } = this.host;
    const { refiner, controlUnits, extensions, detailer } = this.host.next;
    const model = this.host.models.checkpoint;
    if (!model) {
      notices.inform(t.noCheckpoint, t.noCheckpointWhat, this.host.waysToAModel);
      return false;
    }
    const { script } = settings;
    const { resizeMode, denoisingStrength, imageCfgScale, inpaint, resizeBy } = settings.img2img;
    const set = { ...settings.snapshot(), refiner, controlUnits, extensions, detailer, script };
    const request = this.#requestOf(set);
    settings.prompts.history = remember(settings.prompts.history, set);
    let added = false;
    await this.host.attempt(t.notAskedFor, async () => {
      const { batchOf } = await import('../batch.ts');
      const all = {
        request,
        img2img: { resizeMode, denoisingStrength, imageCfgScale },
        inpaint: inpaintOf(inpaint),
        resizeBy,
      };
      const { requests, names, skipped } = await batchOf(files, all, this.host.pngInfo, onProgress);
      if (skipped.length > 0) {
        const reasons = skipped.slice(0, SKIPPED_TOLD).map(({ name, why }) => `${name}: ${why}`);
        notices.warn(batch.skipped(skipped.length), reasons.join(' '));
      }
      for (const [i, one] of requests.entries()) await this.#keepSource(one, names[i]!);
      for (const some of await this.#jobsOf(requests)) await queue.add({ model, requests: some }, false);
      added = requests.length > 0;
    });
    return added;
  }

  /** Resolves with the job's id; null where there is none, which the person has been told. */
  async #ask({ now = false, first = now, tidy = true, times = 1, made = 0 }: Asked): Promise<string | null> {
    if (!this.host.generating) this.host.job.interruptNext = false;
    const { queue } = this.host;
    const model = this.host.models.checkpoint;
    if (!model) {
      this.host.notices.inform(t.noCheckpoint, t.noCheckpointWhat, this.host.waysToAModel);
      return null;
    }
    if (this.host.next.creating === 'img2img' && !this.host.next.img2img) {
      const choose = () =>
        pickFiles(([file]) => file && void this.host.takeSource(file, file.name), PICTURE_TYPES);
      this.host.notices.inform(source.needed, source.neededWhat, [{ label: source.choose, run: choose }]);
      return null;
    }
    if (tidy) this.host.imports.dismissFinished();
    if (now || !this.host.generating) {
      this.host.notices.clear();
      this.host.selectedPicture = null;
    }
    if (!this.host.generating) this.settle();
    const { settings } = this.host;
    const { hires, refiner, controlUnits, extensions, detailer, script } = this.host.next;
    const { plot } = settings;
    // A1111 has one list of both: a plot is of ordinary pictures.
    const set = {
      ...settings.snapshot(),
      hires,
      refiner,
      controlUnits,
      extensions,
      detailer,
      script: plot ? null : script,
    };
    // Before anything is waited for: what is changed from now on is not meant.
    const painted = this.host.next.paintedImg2img().catch((error: unknown) => {
      this.host.source.shown = true;
      throw error;
    });
    // Who adds to the queue meanwhile goes on painting.
    if (now || !this.host.generating) this.host.source.shown = false;
    settings.prompts.history = remember(settings.prompts.history, set);
    this.#asking += 1;
    let id: string | null = null;
    await this.host.attempt(t.notAskedFor, async () => {
      const plain = { ...set, img2img: await painted };
      const request = this.#requestOf(plain);
      const asked = <T extends GenerationParameters>(one: T): readonly T[] => {
        const pictures = picturesOf(one);
        return Array.from({ length: times }, (_, i) => laterSeeds(one, made + i * pictures));
      };
      const jobs: Omit<NewJob, 'model'>[] = [];
      if (plot) for (const one of asked(plain)) jobs.push(await this.#plotJob(plot, one));
      else for (const requests of await this.#jobsOf(asked(request))) jobs.push({ requests });
      await this.#keepSource(request, this.host.source.chosen?.name ?? '');
      const running = queue.current;
      for (const job of first ? jobs.reverse() : jobs) id = await queue.add({ model, ...job }, first);
      if (now && running !== null && queue.current === running) await this.host.job.interrupt();
    });
    this.#asking -= 1;
    return id;
  }

  /** What txt2img asks for now, as one picture. `seed`: where none is set. */
  async single(seed: Seed): Promise<GenerationParameters> {
    const { hires, refiner, extensions, detailer } = this.host.next;
    const passes = { hires, refiner, extensions, detailer };
    const set = { ...this.host.settings.snapshot(), ...passes, batchSize: 1, batchCount: 1 };
    const settled = (asked: Seed) => (asked === RANDOM_SEED ? seed : asked);
    const request = { ...this.#requestOf(set), img2img: null, script: null };
    const { requests } = await this.#expand({
      ...request,
      seed: settled(request.seed),
      subseed: settled(request.subseed),
    });
    return requests[0]!;
  }

  /** With the styles in its prompts. */
  #requestOf(set: GenerationParameters, chosen?: readonly string[]): GenerationParameters {
    const { styles, chosenStyles, extraNetworks } = this.host.settings.prompts;
    const { extraSeed } = this.host.settings.run;
    return requestOf(set, { styles, chosenStyles: chosen ?? chosenStyles, extraNetworks, extraSeed });
  }

  /** What is painted over, or enlarged, for the same again. That it cannot be kept keeps nothing else back. */
  async #keepSource({ img2img, hires, controlUnits }: GenerationParameters, name: string): Promise<void> {
    const { settings, notices } = this.host;
    const shown = controlUnits.flatMap(({ picture, mask }) => [picture, mask]);
    const sources = [img2img?.source, hires?.firstPass, ...shown].filter((picture) => picture != null);
    if (sources.length === 0 || !settings.saving.keepSources) return;
    try {
      const { keepSource } = await import('../../library/source-pictures.ts');
      for (const picture of sources) await keepSource(picture, name);
      if (img2img?.inpaint) await keepSource(img2img.inpaint.mask, '');
    } catch (error) {
      notices.warn(source.notKept, toFailure(error, 'storage-full').message);
    }
  }

  /** Stops the running job after its step, or the one that is about to start before its first; nothing comes after it. */
  async interrupt(): Promise<void> {
    this.forever.end();
    if (this.host.job.running) await this.host.job.interrupt();
    else if (this.starting) this.host.job.interruptNext = true;
  }

  /** A job was asked for and does not run yet. */
  get starting(): boolean {
    return !this.host.job.running && (this.#asking > 0 || this.host.queue.active);
  }

  /** `request`: without the styles, which a plot may change. */
  async #plotJob(plot: Plot, request: GenerationParameters): Promise<Omit<NewJob, 'model'>> {
    const { models, notices } = this.host;
    const { styles, chosenStyles } = this.host.settings.prompts;
    const [{ plotJob }, { plotNames }] = await Promise.all([
      import('../plot-job.ts'),
      import('../plot-names.ts'),
    ]);
    const expanded: ExpandedRequest[] = [];
    const finish = async (cell: Cell): Promise<readonly GenerationParameters[]> => {
      const one = await this.#expand(this.#requestOf(cell.request, cell.styles));
      expanded.push(one);
      return one.requests;
    };
    const { remarks, ...job } = await plotJob(plot, request, chosenStyles, plotNames(models, styles), finish);
    this.#tellUnexpanded(expanded);
    if (remarks.length > 0) notices.warn(plots.remarks, remarks.slice(0, REMARKS_TOLD).join(' '));
    return job;
  }

  /** With wildcards and variants made out. As few jobs as can hold them. */
  async #jobsOf(asked: readonly GenerationParameters[]): Promise<GenerationParameters[][]> {
    const jobs: GenerationParameters[][] = [];
    const expanded: ExpandedRequest[] = [];
    for (const request of asked) {
      const one = await this.#expand(request);
      const { requests } = one;
      expanded.push(one);
      const last = jobs.at(-1);
      if (last && last.length + requests.length <= MAX_REQUESTS) last.push(...requests);
      else jobs.push([...requests]);
    }
    this.#tellUnexpanded(expanded);
    return jobs;
  }

  /** Wildcards without a list, and texts that are no templates. */
  #tellUnexpanded(expanded: readonly ExpandedRequest[]): void {
    const open = [{ label: common.openSettings, run: () => this.host.openSettings() }];
    const once = (texts: readonly string[]) => texts.filter((text, i) => texts.indexOf(text) === i);
    const names = once(expanded.flatMap(({ missing }) => missing));
    if (names.length > 0)
      this.host.notices.warn(t.wildcardsMissing, t.wildcardsMissingWhat(listed(names)), open);
    const problems = once(expanded.flatMap((one) => one.problems)).slice(0, REMARKS_TOLD);
    if (problems.length > 0) this.host.notices.warn(t.noTemplate, problems.join(' '), open);
  }

  async #expand(request: GenerationParameters): Promise<ExpandedRequest> {
    const { settings } = this.host;
    if (!settings.prompts.wildcards) return { requests: [request], missing: [], problems: [] };
    const { expandRequest } = await import('../expand-request.ts');
    const { wildcardLists: lists, dynamicPrompts: options } = settings.prompts;
    return expandRequest(request, { lists, options, randomSeed });
  }
}
