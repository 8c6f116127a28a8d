// The page's state and what the person can do, in one place; components show it and call it.
import { laterSeeds, parseSeed, randomSeed } from '../../generation/request/seeds.ts';
import type { GenerationParameters } from '../../generation/request/request.ts';
import { positionsAdvice } from '../../generation/request/positions-text.ts';
import { withFallback } from '../../library/memory-queue.ts';
import type { ImportOptions } from '../../library/import-types.ts';
import { browserQueue, MAX_REQUESTS } from '../../library/queue.ts';
import { settleStorage, type StorageAccess } from '../../library/storage-access.ts';
import type { StoredModel } from '../../library/types.ts';
import { addressOf } from '../navigation/address.ts';
import { Navigation } from '../navigation/navigation.svelte.ts';
import type { TabId } from '../navigation/places.ts';
import type { PromptPair } from '../../prompt/styles.ts';
import { EngineClient } from '../clients/engine-client.svelte.ts';
import { ImporterClient } from '../clients/importer-client.svelte.ts';
import { TokenClient } from '../clients/token-client.ts';
import { CHOICES } from '../choices.ts';
import { kindOfFile, usedOfFolder, type DroppedKind } from '../dropped-files.ts';
import { toFailure, type Failure } from '../failure.ts';
import { listed } from '../format.ts';
import { findByHash, hashFitsSeveral } from '../model-facts.ts';
import { pairSidecars } from '../pairing.ts';
import { pickFiles } from '../pick-files.ts';
import type { Picture } from '../picture.ts';
import { remember, samePrompts } from '../prompt-history.ts';
import { RunWatch } from '../notify/run-watch.ts';
import { requestOf } from '../request.ts';
import { browserTabs } from '../tabs.ts';
import type { FolderItem } from '../walk-folder.ts';
import { WakeLock } from '../wake-lock.ts';
import { Offline } from '../launch/offline.svelte.ts';
import { Benchmark } from './benchmark.svelte.ts';
import { DemoModel } from './demo.svelte.ts';
import { Device } from './device.svelte.ts';
import { GenerateForever } from './forever.svelte.ts';
import { Gallery } from './gallery.svelte.ts';
import { GenerationJob } from './generation.svelte.ts';
import { ImportQueue, type ImportJob } from './imports.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices, type NoticeAction } from './notices.svelte.ts';
import { Notifier } from './notifier.svelte.ts';
import { ProcessorChooser, type ProcessorChoice } from './processor.svelte.ts';
import { PngInfo, readPictureInfo } from './png-info.svelte.ts';
import { GenerationQueue } from './queue.svelte.ts';
import { RunSpeeds } from './run-speeds.ts';
import { Settings } from './settings.svelte.ts';
import { common } from '../strings/common.ts';
import { device } from '../strings/device.ts';
import { models } from '../strings/models.ts';
import { notices as t } from '../strings/notices.ts';

/** Milliseconds that the page waits for what it has stored before it shows itself without. */
const PATIENCE = 3000;

/** Milliseconds in which a second click belongs to the first. */
const DOUBLE_CLICK = 500;

const NO_PROMPTS: PromptPair = { prompt: '', negativePrompt: '' };

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

/** Instead of a picture's id: all pictures of the run side by side. */
export const GRID = 'grid';

export class App {
  readonly notices = new Notices();
  readonly settings = new Settings(CHOICES, (error) =>
    this.notices.fail(t.settingsNotKept, toFailure(error, 'storage-full')),
  );
  readonly library = new Library();
  readonly engine = new EngineClient(undefined, () => this.settings.memory);
  readonly tokens = new TokenClient();
  readonly offline = new Offline();
  readonly device = new Device(this.engine);
  readonly processor = new ProcessorChooser(
    this.engine,
    this.settings,
    () => this.device.look(),
    navigator.userAgent,
  );
  readonly speeds = new RunSpeeds(this.settings, () => this.device.gpu);
  readonly benchmark = new Benchmark(this.engine);
  readonly pngInfo = new PngInfo();
  readonly imports = new ImportQueue(new ImporterClient(), (model) => this.#modelArrived(model));
  readonly job = new GenerationJob(this.engine, {
    onFailure: (failure) => this.#generationFailed(failure),
    onWarning: (message) => this.notices.warn(t.warning, message),
    onRecovery: (message) => this.notices.inform(t.resuming, t.resumingWhat(message)),
    onMeasured: (sha256, processor, speed) => {
      const model = this.usableModels.find((one) => one.sha256 === sha256);
      if (model) this.speeds.keep(model, processor, speed);
    },
    onEnd: () => {
      void this.attempt(t.picturesNotListed, () => this.library.refreshImages());
      void this.offline.afterUse();
    },
  });

  readonly #wakeLock = new WakeLock();
  readonly notifier: Notifier = new Notifier(this);
  readonly #runWatch = new RunWatch(this.notifier);
  readonly queue = new GenerationQueue(
    this.job,
    withFallback(browserQueue, (error) => this.#queueNotKept(error)),
    browserTabs(),
    {
      processor: this.processor.choose,
      during: (work) => this.#wakeLock.during(() => this.#runWatch.during(work)),
      onStorageFailure: (error) => this.#queueNotKept(error),
      onDamaged: (count) => this.notices.warn(t.queueDamaged, t.queueDamagedWhat(count)),
      onOtherTab: () => this.notices.inform(t.otherTab, t.otherTabWhat),
      onEnded: (id, end) => {
        this.#runWatch.jobEnded(end);
        return this.forever.ended(id, end);
      },
    },
  );

  readonly forever: GenerateForever = new GenerateForever({
    jobs: () => this.queue.jobs,
    set: () => {
      const { seed, batchSize, batchCount } = this.settings.parameters;
      return { seed, pictures: batchSize * batchCount };
    },
    ask: (made) => this.#ask({ tidy: false, made }),
  });

  readonly gallery = new Gallery(this.library, this.notices, (ids) => this.#picturesDeleted(ids));

  readonly demo = new DemoModel(this);

  /** Where this page keeps its things. */
  storage = $state<StorageAccess>('stored');

  readonly navigation = new Navigation();
  /** Id of the picture that is looked at, or `GRID`; null follows the running job. */
  selectedPicture = $state<string | null>(null);

  /** Requests on their way to the queue. */
  #asking = 0;
  /** Generate has just been pressed, or has just become another button: a click now was not meant for what is there. */
  settling = $state(false);
  #settled: ReturnType<typeof setTimeout> | undefined;

  /** The prompts that took the place of others last. */
  #put: PromptPair = NO_PROMPTS;

  /** To keep the library, since the page was opened. */
  #asked = false;

  settle(): void {
    this.settling = true;
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => (this.settling = false), DOUBLE_CLICK);
  }

  get tab(): TabId {
    return this.navigation.tab;
  }

  /** Goes to a tab, as a link does. */
  set tab(tab: TabId) {
    this.navigation.go(addressOf(tab));
  }

  /** Everything that can be generated with, in the order of the dropdown. */
  get usableModels(): readonly StoredModel[] {
    return this.library.models.filter((model) => model.detection.supported);
  }

  get model(): StoredModel | null {
    return (
      this.usableModels.find((model) => model.sha256 === this.settings.model) ?? this.usableModels[0] ?? null
    );
  }

  /** Newest first. */
  get recentPictures(): readonly Picture[] {
    return this.library.pictures;
  }

  /** The run's pictures are looked at side by side. */
  get gridShown(): boolean {
    return this.selectedPicture === GRID && this.job.pictures.length > 1;
  }

  get shownPicture(): Picture | null {
    const { pictures } = this.job;
    if (this.selectedPicture !== null) {
      const isSelected = ({ id }: Picture): boolean => id === this.selectedPicture;
      const selected = pictures.find(isSelected) ?? this.recentPictures.find(isSelected);
      if (selected) return selected;
    }
    return this.generating ? null : (pictures[0] ?? this.recentPictures[0] ?? null);
  }

  /** Nothing can be made yet: say what to do first. */
  get welcoming(): boolean {
    const empty = this.library.loaded && this.usableModels.length === 0;
    return empty && this.selectedPicture === null && !this.generating;
  }

  /** This tab makes pictures, or is about to. */
  get generating(): boolean {
    return this.job.running || this.queue.active;
  }

  /** Whether pictures would be gone with the page. */
  get fleeting(): boolean {
    return this.storage !== 'stored' && this.library.pictures.length > 0;
  }

  /** Whether leaving the page now would interrupt work. */
  get busy(): boolean {
    return this.generating || this.imports.busy;
  }

  /** Resolves once there is something to show. What fails, or does not answer, leaves the rest usable. */
  async load(): Promise<void> {
    this.storage = await settleStorage();
    await this.settings.load();
    void this.attempt(t.picturesNotListed, () => this.gallery.load());
    void this.attempt(t.cardNotLookedFor, () => this.device.look());
    const shown = [
      this.attempt(t.libraryNotOpened, () => this.#openLibrary()),
      this.attempt(t.queueNotOpened, () => this.queue.load()),
      this.attempt(t.demoNotLookedFor, () => this.demo.look()),
    ];
    await Promise.race([Promise.all(shown), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  }

  async #openLibrary(): Promise<void> {
    this.library.followModels();
    try {
      await this.library.refreshModels();
    } finally {
      this.library.loaded = true;
    }
    // What cannot be freed now is by the next visit.
    this.library.sweepImports().catch(() => undefined);
    if (this.library.evicted > 0) this.#tellOfEviction();
  }

  /** Files dropped on the page: pictures go to PNG Info, styles.csv to the styles, the rest into the library. */
  openFiles(files: readonly File[]): void {
    this.#openGroups([files], files);
  }

  /** Folders that were dropped or chosen: what is in them, as if it had been dropped. */
  async openFolders(folders: readonly FolderItem[]): Promise<void> {
    await this.attempt(t.folderNotRead, async () => {
      const { MAX_DEPTH, MAX_FILES, walkFolders } = await import('../walk-folder.ts');
      const { groups, leftAside, cut } = await walkFolders(folders, usedOfFolder);
      const files = groups.flat();
      this.#openGroups(groups, files);
      const told: string[] = [];
      if (leftAside > 0) told.push(t.leftAside(leftAside));
      if (cut) told.push(t.folderCut(MAX_FILES, MAX_DEPTH));
      const name = listed(folders.slice(0, 3).map((folder) => folder.name));
      if (files.length === 0) {
        this.notices.warn(t.nothingUsable(name), t.nothingUsableWhat);
      } else if (told.length > 0) this.notices.inform(t.from(name), told.join(' '));
    });
  }

  /** `groups`: `files`, those that lie side by side together. */
  #openGroups(groups: readonly (readonly File[])[], files: readonly File[]): void {
    const of = (kind: DroppedKind) => files.filter((file) => kindOfFile(file) === kind);
    const [picture] = of('picture');
    if (picture) this.inspect(picture);
    const models = groups.map((group) => group.filter((file) => kindOfFile(file) === 'model'));
    if (models.some(({ length }) => length > 0)) void this.#importGroups(models);
    const [styles, lists] = [of('styles'), of('wildcards')];
    if (styles.length === 0 && lists.length === 0) return;
    void this.attempt(t.textFilesNotRead, async () => {
      const { addStyles, addWildcards } = await import('../dropped-texts.ts');
      for (const file of styles) await addStyles(this, file);
      if (lists.length > 0) await addWildcards(this, lists);
    });
  }

  /** Shows a picture's text. */
  inspect(picture: File): void {
    this.tab = 'png-info';
    void this.pngInfo.open(picture, picture.name);
  }

  /** A picture dropped on the prompt: its text becomes the prompt, for "Read generation parameters". */
  async fillPrompt(picture: File): Promise<void> {
    await this.attempt(t.pictureNotRead, async () => {
      const { parameters } = await readPictureInfo(picture, picture.name);
      if (parameters === null) {
        this.notices.inform(t.noParameters, t.noParametersWhat(picture.name));
      } else this.replacing(() => this.settings.change({ prompt: parameters }));
    });
  }

  /** Of the newest picture, or null. */
  get lastParameters(): string | null {
    return (this.job.pictures.at(-1) ?? this.recentPictures[0])?.parameters ?? null;
  }

  /** A1111's arrow button: the prompt's text, or the last picture's when there is none, into the controls. */
  async readPrompt(): Promise<void> {
    const { prompt } = this.settings.parameters;
    const text = prompt.trim() === '' ? this.lastParameters : prompt;
    if (text === null) {
      this.notices.inform(t.nothingToRead, t.nothingToReadWhat);
    } else await this.readText(text);
  }

  /** Sets the controls, the styles and the checkpoint as a parameters text has them. */
  async readText(text: string): Promise<void> {
    await this.attempt(t.parametersNotRead, async () => {
      const { describeChanges, keepingOwn, readParameters } = await import('../read-parameters.ts');
      const { settings } = this;
      const read = readParameters(text, settings.styles);
      const asked = keepingOwn(read.parameters, settings.snapshot());
      const fitting = findByHash(this.usableModels, read.modelHash, read.modelName);
      const [model] = fitting;
      this.replacing(() => {
        settings.change(asked);
        if (read.extraSeed !== null) {
          settings.extraSeed = read.extraSeed;
          // Styles chosen before would come on top of those that the text holds already.
          settings.chosenStyles = read.styles;
        }
        if (model) this.chooseModel(model.sha256);
      });
      const remarks = [...describeChanges(asked, settings.snapshot())];
      if (read.unsupported.length > 0) remarks.push(t.notSupported(listed(read.unsupported)));
      const positions = model && positionsAdvice(read.fields, model);
      if (positions) remarks.push(positions);
      if (fitting.length > 1) remarks.push(t.checkCheckpoint(hashFitsSeveral(fitting)));
      if (!model && read.modelHash !== null) {
        remarks.push(t.modelMissing(read.modelName, read.modelHash));
      }
      if (remarks.length > 0) {
        this.notices.warn(t.mayDiffer, `${remarks.join('. ')}.`);
      }
    });
  }

  /**
   * Around what takes the place of the prompts, with whatever else it sets. What the person had written goes into the
   * history, and all of it can be brought back.
   */
  replacing(change: () => void): void {
    const { settings } = this;
    const { extraSeed, chosenStyles, model } = settings;
    const before = settings.snapshot();
    // What an earlier replacement has put there is nobody's writing: its own offer, if it stands, leads further back.
    const written = !samePrompts(before, NO_PROMPTS) && !samePrompts(before, this.#put);
    change();
    const after = settings.snapshot();
    if (samePrompts(before, after)) return;
    this.#put = after;
    if (!written) return;
    settings.history = remember(settings.history, before);
    const undo = () => {
      this.replacing(() => Object.assign(settings, { parameters: before, extraSeed, chosenStyles, model }));
      this.#put = NO_PROMPTS;
    };
    this.notices.inform(t.promptReplaced, t.promptReplacedWhat, [{ label: common.undo, run: undo }]);
  }

  /** The variation seed of the picture that is shown; its seed where it was not varied, as in A1111. */
  async reuseVariationSeed(): Promise<void> {
    const picture = this.shownPicture;
    if (!picture) return;
    await this.attempt(t.parametersNotRead, async () => {
      const { readParameters } = await import('../read-parameters.ts');
      const { fields } = readParameters(picture.parameters);
      const varied = fields.find(({ name }) => name === 'Variation seed')?.value;
      this.settings.change({ subseed: parseSeed(varied) ?? picture.seed });
    });
  }

  /** Shows txt2img with the parameters of a text. */
  async sendToTxt2img(text: string): Promise<void> {
    this.tab = 'txt2img';
    await this.readText(text);
  }

  /** Dropped or picked files. */
  importFiles(files: readonly File[], options: Partial<ImportOptions> = {}): Promise<readonly ImportJob[]> {
    return this.#importGroups([files], options);
  }

  /** A .yaml belongs to a checkpoint beside it. */
  async #importGroups(
    groups: readonly (readonly File[])[],
    options: Partial<ImportOptions> = {},
  ): Promise<readonly ImportJob[]> {
    const pairings = groups.map((group) => pairSidecars(group));
    const requests = pairings.flatMap((pairing) => pairing.requests);
    const orphans = pairings.flatMap((pairing) => pairing.orphans);
    if (requests.length > 0) this.#askToPersist();
    for (const orphan of orphans) {
      this.notices.warn(t.orphan(orphan.name), t.orphanWhat);
    }
    return this.imports.add(requests, options);
  }

  /** Makes pictures of what is set: at once, or when the queue's other jobs are done. */
  async generate(asked: Asked = {}): Promise<void> {
    await this.#ask(asked);
  }

  /** Resolves with the job's id; null where there is none, which the person has been told. */
  async #ask({ now = false, first = now, tidy = true, times = 1, made = 0 }: Asked): Promise<string | null> {
    if (!this.generating) this.job.interruptNext = false;
    const { model, queue } = this;
    if (!model) {
      this.notices.inform(t.noCheckpoint, t.noCheckpointWhat, this.#waysToAModel());
      return null;
    }
    if (tidy) this.imports.dismissFinished();
    if (now || !this.generating) {
      this.notices.clear();
      this.selectedPicture = null;
    }
    if (!this.generating) this.settle();
    const { settings } = this;
    const parameters = settings.snapshot();
    settings.history = remember(settings.history, parameters);
    this.#asking += 1;
    let id: string | null = null;
    await this.attempt(t.notAskedFor, async () => {
      const request = requestOf(parameters, settings);
      const pictures = request.batchSize * request.batchCount;
      // One job, as far as one can hold it.
      const jobs: GenerationParameters[][] = [];
      for (let i = 0; i < times; i++) {
        const more = await this.#expand(laterSeeds(request, made + i * pictures));
        const last = jobs.at(-1);
        if (last && last.length + more.length <= MAX_REQUESTS) last.push(...more);
        else jobs.push([...more]);
      }
      const running = queue.current;
      for (const requests of first ? jobs.reverse() : jobs) id = await queue.add({ model, requests }, first);
      if (now && running !== null && queue.current === running) await this.job.interrupt();
    });
    this.#asking -= 1;
    return id;
  }

  /** Stops the running job after its step, or the one that is about to start before its first; nothing comes after it. */
  async interrupt(): Promise<void> {
    this.forever.end();
    if (this.job.running) await this.job.interrupt();
    else if (this.starting) this.job.interruptNext = true;
  }

  /** A job was asked for and does not run yet. */
  get starting(): boolean {
    return !this.job.running && (this.#asking > 0 || this.queue.active);
  }

  #waysToAModel(): readonly NoticeAction[] {
    const choose = { label: t.chooseFile, run: () => pickFiles((files) => void this.importFiles(files)) };
    const { demo } = this;
    if (demo.info === null) return [choose];
    return [{ label: t.tryDemo, run: () => void demo.try() }, choose];
  }

  async #expand(request: GenerationParameters): Promise<readonly GenerationParameters[]> {
    const { settings } = this;
    if (!settings.wildcards) return [request];
    const { expandRequest } = await import('../expand-request.ts');
    const { requests, missing } = await expandRequest(request, settings.wildcardLists, randomSeed);
    if (missing.length > 0) {
      this.notices.warn(t.wildcardsMissing, t.wildcardsMissingWhat(listed(missing)), [
        { label: common.openSettings, run: () => (this.tab = 'settings') },
      ]);
    }
    return requests;
  }

  /** Once, with the first import: what comes then is too large to be lost to a full disk. Nothing waits for the answer. */
  #askToPersist(): void {
    if (this.storage !== 'stored') return;
    if (this.#asked || this.library.models.length > 0 || this.library.storage?.persisted) return;
    this.#asked = true;
    // A refusal can be asked again from the Models tab.
    this.library.askToPersist().catch(() => undefined);
  }

  chooseModel(sha256: string): void {
    this.settings.model = sha256;
  }

  /** The person's choice, which holds until it is changed. */
  paintOn(processor: ProcessorChoice): void {
    this.settings.processor = processor;
    if (!this.generating) this.engine.stop();
  }

  /** Whether the processor paints, as far as that is known before a start. */
  get onProcessor(): boolean {
    const { processor } = this.settings;
    if (processor !== 'auto') return processor === 'cpu';
    return this.processor.decision?.processor === 'cpu' || this.device.advice !== null;
  }

  /** Milliseconds that what is set will take; null where nothing of the kind has run here yet. */
  get estimatedTime(): number | null {
    const { model, settings } = this;
    if (!model) return null;
    return this.speeds.estimate(model, this.onProcessor ? 'cpu' : 'gpu', settings.parameters);
  }

  async deleteModel(model: StoredModel): Promise<void> {
    await this.attempt(t.notDeleted(model.name), async () => {
      await this.library.deleteModel(model.sha256);
      await this.#forgetLoaded();
    });
  }

  #picturesDeleted(ids: readonly string[]): void {
    for (const id of ids) this.job.forget(id);
    if (this.selectedPicture !== null && ids.includes(this.selectedPicture)) this.selectedPicture = null;
  }

  /** What nothing has caught: a button that did nothing must at least say so. */
  tellUnexpected(error: unknown): void {
    // Without an error it is none of ours: another program's script, or a remark of the browser's about its layout.
    if (error instanceof Error) this.notices.fail(t.unexpected, toFailure(error));
  }

  /** Does something and shows what went wrong. Resolves with whether it worked. */
  async attempt(title: string, action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.notices.fail(title, toFailure(error));
      return false;
    }
  }

  /** A model changed or went: what the engine holds of it is stale. */
  async #forgetLoaded(): Promise<void> {
    if (!this.generating) await this.engine.unload();
  }

  async setPrediction(
    model: StoredModel,
    prediction: Parameters<Library['setPrediction']>[1],
  ): Promise<void> {
    await this.attempt(t.predictionNotChanged, async () => {
      await this.library.setPrediction(model.sha256, prediction);
      await this.#forgetLoaded();
    });
  }

  async setSoundPositions(model: StoredModel, sound: boolean): Promise<void> {
    await this.attempt(t.positionsNotChanged, async () => {
      await this.library.setSoundPositions(model.sha256, sound);
      await this.#forgetLoaded();
    });
  }

  /** The first that can be used is chosen; later ones leave the person's choice alone. */
  async #modelArrived(model: StoredModel): Promise<void> {
    const chosen = this.usableModels.some(({ sha256 }) => sha256 === this.settings.model);
    await this.library.refreshModels();
    if (model.detection.supported && !chosen) this.settings.model = model.sha256;
  }

  #tellOfEviction(): void {
    const { evicted } = this.library;
    this.notices.warn(t.evicted, t.evictedWhat(evicted), [
      {
        label: models.askToKeep,
        run: () => void this.attempt(t.browserNotAsked, () => this.library.askToPersist()),
      },
    ]);
  }

  #queueNotKept(error: unknown): void {
    // Every write fails the same way: once is enough.
    if (this.notices.list.some(({ title }) => title === t.queueNotKept)) return;
    const { message } = toFailure(error, 'storage-full');
    this.notices.warn(t.queueNotKept, t.queueNotKeptWhat(message));
  }

  #generationFailed(failure: Failure): void {
    // What was listed is not there any more.
    if (failure.code === 'model-missing')
      void this.attempt(t.libraryNotRead, () => this.library.refreshModels());
    if (failure.code === 'no-webgpu') {
      this.notices.fail(t.noGpu, failure, [
        {
          label: device.paintOnProcessor,
          run: () => {
            this.paintOn('cpu');
            void this.generate();
          },
        },
      ]);
    } else if (failure.code === 'out-of-memory' && this.settings.memory.lowVram !== 'on') {
      const lower = () => {
        this.settings.memory = { ...this.settings.memory, lowVram: 'on' };
        void this.generate();
      };
      this.notices.fail(t.failed['out-of-memory'], failure, [{ label: t.tryLowVram, run: lower }]);
    } else {
      const titles: Partial<Record<Failure['code'], string>> = t.failed;
      this.notices.fail(titles[failure.code] ?? t.pictureFailed, failure);
    }
  }
}
