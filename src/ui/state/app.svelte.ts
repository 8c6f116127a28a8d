// The page's state and what the person can do, in one place; components show it and call it.
import { MediaQuery } from 'svelte/reactivity';
import { isImageKind } from '../../families/families.ts';
import { withFallback } from '../../library/memory-queue.ts';
import { browserQueue } from '../../library/queue.ts';
import { settleStorage, type StorageAccess } from '../../library/storage-access.ts';
import type { StoredModel } from '../../library/types.ts';
import { addressOf } from '../navigation/address.ts';
import { Navigation } from '../navigation/navigation.svelte.ts';
import type { TabId } from '../navigation/places.ts';
import { EngineClient } from '../clients/engine-client.svelte.ts';
import { ImporterClient } from '../clients/importer-client.svelte.ts';
import { TokenClient } from '../clients/token-client.ts';
import type { Mode } from '../canvas/modes.ts';
import { CHOICES } from '../choices.ts';
import { isAddOn } from '../add-on-words.ts';
import { toFailure, type Failure } from '../failure.ts';
import { pickFiles } from '../pick-files.ts';
import type { Place } from '../pairing.ts';
import { GRID, type Picture } from '../picture.ts';
import { RunWatch } from '../notify/run-watch.ts';
import { browserTabs } from '../tabs.ts';
import { WakeLock } from '../wake-lock.ts';
import { Offline } from '../launch/offline.svelte.ts';
import type { AddOnLibrary } from './add-on-library.svelte.ts';
import { Arrivals } from './arrivals.ts';
import { Benchmark } from './benchmark.svelte.ts';
import type { Box } from './box.ts';
import { DemoModel } from './demo.svelte.ts';
import { Device } from './device.svelte.ts';
import { ExtrasEntrance } from './extras-entrance.svelte.ts';
import { Gallery } from './gallery.svelte.ts';
import { GenerationJob } from './generation.svelte.ts';
import { ImportQueue } from './imports.svelte.ts';
import type { KernelTuning } from './kernel-tuning.svelte.ts';
import { Library } from './library.svelte.ts';
import { ModelChoice } from './model-choice.ts';
import { NextRun } from './next-run.ts';
import { Notices, type NoticeAction } from './notices.svelte.ts';
import { Notifier } from './notifier.svelte.ts';
import { Output } from './output.svelte.ts';
import { OwnWorks } from './own-work.ts';
import { ParameterReader } from './parameter-reader.ts';
import { PromptCursor } from './prompt-cursor.ts';
import { ProcessorChooser, type ProcessorChoice } from './processor.svelte.ts';
import { PngInfo } from './png-info.svelte.ts';
import { GenerationQueue } from './queue.svelte.ts';
import { RunSpeeds } from './run-speeds.ts';
import { RunStarter } from './run-starter.svelte.ts';
import { SendTo } from './send-to.ts';
import { Settings } from './settings.svelte.ts';
import { ShownMap } from './shown-map.svelte.ts';
import { Source } from './source.svelte.ts';
import { device } from '../strings/device.ts';
import { models } from '../strings/models.ts';
import { notices as t } from '../strings/notices.ts';
import { source } from '../strings/source.ts';

/** Milliseconds that the page waits for what it has stored before it shows itself without. */
const PATIENCE = 3000;

export class App {
  readonly notices = new Notices();
  readonly settings = new Settings(CHOICES, (error) =>
    this.notices.fail(t.settingsNotKept, toFailure(error, 'storage-full')),
  );
  readonly library = new Library();
  readonly engine = new EngineClient(
    undefined,
    () => ({ memory: this.settings.device.memory, kernels: this.settings.device.kernels }),
    async (needs) => (await this.#openBox()).bring(needs),
  );
  readonly tokens = new TokenClient();
  readonly offline = new Offline();
  readonly device = new Device(this.engine);
  readonly processor = new ProcessorChooser(
    this.engine,
    this.settings.device,
    () => this.device.look(),
    navigator.userAgent,
  );
  readonly models = new ModelChoice(
    this.library,
    this.settings,
    (addOn) => void this.openAddOns().then((addOns) => addOns.toggle(addOn)),
  );
  readonly speeds = new RunSpeeds(this.settings.device, () => this.device.gpu);
  readonly benchmark = new Benchmark(this.engine);
  readonly pngInfo = new PngInfo((png) => this.gallery.worker.hiddenText(png));
  readonly imports = new ImportQueue(new ImporterClient(), (model, place) =>
    this.#modelArrived(model, place),
  );
  readonly job = new GenerationJob(this.engine, {
    onFailure: (failure) => this.#generationFailed(failure),
    onWarning: (message) => this.notices.warn(t.warning, message),
    onRecovery: (message) => this.notices.inform(t.resuming, t.resumingWhat(message)),
    onMeasured: (sha256, processor, speed) => {
      const model = this.models.checkpoints.find((one) => one.sha256 === sha256);
      if (model) this.speeds.keep(model, processor, speed);
    },
    onKept: (event, request) => this.output.kept(event, request),
    onEnd: () => {
      void this.attempt(t.picturesNotListed, () => this.library.refreshImages());
      void this.offline.afterUse();
    },
  });

  #box: Promise<Box> | null = null;
  #tuning: Promise<KernelTuning> | null = null;
  #addOns: Promise<AddOnLibrary> | null = null;
  readonly cursor = new PromptCursor();
  readonly #wakeLock = new WakeLock();
  readonly notifier: Notifier = new Notifier(this);
  readonly #runWatch = new RunWatch(this.notifier);
  readonly tabs = browserTabs();

  readonly queue = new GenerationQueue(
    this.job,
    withFallback(browserQueue, (error) => this.#queueNotKept(error)),
    this.tabs,
    {
      processor: this.processor.choose,
      during: (work) => this.#wakeLock.during(() => this.#runWatch.during(work)),
      onStorageFailure: (error) => this.#queueNotKept(error),
      onDamaged: (count) => this.notices.warn(t.queueDamaged, t.queueDamagedWhat(count)),
      onOtherTab: () => {
        // Where Extras is what it waits for, it runs here.
        if (!this.extras.running) this.notices.inform(t.otherTab, t.otherTabWhat);
      },
      onEnded: (job, end) => {
        this.output.ended(job);
        this.#runWatch.jobEnded(end);
        if (end.status === 'finished') this.#offerTuning();
        return this.runs.forever.ended(job.id, end);
      },
    },
  );

  readonly next: NextRun = new NextRun(this);
  readonly runs: RunStarter = new RunStarter(this);
  readonly reader: ParameterReader = new ParameterReader(this);
  readonly sending: SendTo = new SendTo(this);
  readonly arrivals: Arrivals = new Arrivals(this);

  readonly gallery = new Gallery(
    this.library,
    this.notices,
    (ids) => this.#picturesDeleted(ids),
    () => this.settings.saving.as,
  );

  readonly output: Output = new Output(this);

  readonly demo = new DemoModel(this);

  readonly extras = new ExtrasEntrance();
  readonly ownWorks = new OwnWorks();

  /** Where this page keeps its things. */
  storage = $state<StorageAccess>('stored');

  readonly source = new Source();
  readonly map = new ShownMap();

  readonly navigation = new Navigation();
  /** One column and bars at the bottom, as the styles have it below this width. */
  readonly narrow = new MediaQuery('(max-width: 959px)');
  #selectedPicture = $state<string | null>(null);

  get tab(): TabId {
    return this.navigation.tab;
  }

  /** Goes to a tab, as a link does. */
  set tab(tab: TabId) {
    this.navigation.go(addressOf(tab));
  }

  /** Newest first. */
  get recentPictures(): readonly Picture[] {
    return this.library.pictures;
  }

  /** Id of the picture that is looked at, or `GRID`; null follows the running job. */
  get selectedPicture(): string | null {
    return this.#selectedPicture;
  }

  /** What is chosen to be looked at takes the place of img2img's source. */
  set selectedPicture(id: string | null) {
    this.#selectedPicture = id;
    this.source.shown = false;
  }

  /** The run's pictures are looked at side by side: those of a plot unless one of them is chosen. */
  get gridShown(): boolean {
    const { plot, pictures } = this.job;
    if (this.selectedPicture === null) return plot !== null;
    return this.selectedPicture === GRID && (plot !== null || pictures.length > 1);
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
    const empty = this.library.loaded && this.models.checkpoints.length === 0;
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
    return this.generating || this.imports.busy || this.extras.running;
  }

  /** Resolves once there is something to show. What fails, or does not answer, leaves the rest usable. */
  async load(): Promise<void> {
    this.storage = await settleStorage();
    await this.settings.load();
    void this.attempt(t.picturesNotListed, () => this.gallery.load());
    void this.source.load();
    void this.output.load();
    void this.attempt(t.cardNotLookedFor, () => this.device.look());
    const shown = [
      this.attempt(t.libraryNotOpened, () => this.#openLibrary()),
      this.attempt(t.queueNotOpened, () => this.queue.load()),
      this.attempt(t.demoNotLookedFor, () => this.demo.look()),
    ];
    await Promise.race([Promise.all(shown), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  }

  /** The cards of add-ons. */
  openAddOns(): Promise<AddOnLibrary> {
    this.#addOns ??= import('./add-on-library.svelte.ts').then(({ AddOnLibrary }) => new AddOnLibrary(this));
    this.#addOns.catch(() => (this.#addOns = null));
    return this.#addOns;
  }

  async tellOf(addOn: StoredModel, { folder, beside }: Place<File>): Promise<void> {
    await this.attempt(t.cardNotMade(addOn.name), async () => {
      await (await this.openAddOns()).take(addOn, beside, folder);
    });
  }

  #openBox(): Promise<Box> {
    this.#box ??= Promise.all([import('./box.ts'), import('../box-source.ts')]).then(
      ([{ Box }, { readBoxedFile }]) =>
        new Box({ library: this.library, importer: () => new ImporterClient(), read: readBoxedFile }),
    );
    // What cannot be fetched now may be the next time.
    this.#box.catch(() => (this.#box = null));
    return this.#box;
  }

  /** Fitting kernels to the graphics card. */
  openTuning(): Promise<KernelTuning> {
    this.#tuning ??= import('./kernel-tuning.svelte.ts').then(({ KernelTuning }) => new KernelTuning(this));
    this.#tuning.catch(() => (this.#tuning = null));
    return this.#tuning;
  }

  /** Where there is no card there is nothing to load for it. */
  #offerTuning(): void {
    const { report } = this.device;
    if (report?.backend !== 'webgpu' || report.software) return;
    void this.openTuning()
      .then((tuning) => tuning.offer())
      .catch(() => undefined);
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

  /** A picture that was dropped, pasted or chosen: img2img and Extras start from it, all other tabs show its text. Models looks for an embedding in it. */
  inspect(picture: File): void {
    if (this.tab === 'img2img') {
      void this.takeSource(picture, picture.name);
      return;
    }
    if (this.tab === 'extras') {
      this.extras.take(picture, picture.name);
      return;
    }
    if (this.tab === 'models') {
      void this.arrivals.importFiles([picture]);
      return;
    }
    this.tab = 'png-info';
    void this.pngInfo.open(picture, picture.name);
  }

  /** Shows txt2img with the parameters of a text. */
  async sendToTxt2img(text: string): Promise<void> {
    this.tab = 'txt2img';
    await this.reader.readText(text);
  }

  /** Shows img2img with a picture as its source, and with what is said of how it was made. */
  async sendToImg2img(picture: Blob, name: string, text: string | null, mode: Mode): Promise<void> {
    this.tab = 'img2img';
    if (text !== null) await this.reader.readText(text, true);
    this.settings.img2img.mode = mode;
    await this.takeSource(picture, name);
  }

  /** Shows Extras with a picture to work on. */
  sendToExtras(picture: Blob, name: string): void {
    this.tab = 'extras';
    this.extras.take(picture, name);
  }

  /** img2img's source. */
  async takeSource(picture: Blob, name: string): Promise<void> {
    await this.attempt(source.notTaken, () => this.source.take(picture, name));
  }

  /** For who has no checkpoint yet. */
  get waysToAModel(): readonly NoticeAction[] {
    const choose = {
      label: t.chooseFile,
      run: () => pickFiles((files) => void this.arrivals.importFiles(files)),
    };
    const { demo } = this;
    if (demo.info === null) return [choose];
    return [{ label: t.tryDemo, run: () => void demo.try() }, choose];
  }

  openSettings(): void {
    this.tab = 'settings';
  }

  /** The person's choice, which holds until it is changed. */
  paintOn(processor: ProcessorChoice): void {
    this.settings.device.processor = processor;
    if (!this.generating) this.engine.stop();
  }

  /** Whether the processor paints, as far as that is known before a start. */
  get onProcessor(): boolean {
    const { processor } = this.settings.device;
    if (processor !== 'auto') return processor === 'cpu';
    return this.processor.decision?.processor === 'cpu' || this.device.advice !== null;
  }

  /** Milliseconds that what is set will take, of a plot each of its pictures; null where nothing of the kind has run here yet. */
  get estimatedTime(): number | null {
    const { checkpoint } = this.models;
    if (!checkpoint) return null;
    const { img2img, hires, script } = this.next;
    const one = this.settings.plot && { script: null, batchSize: 1, batchCount: 1 };
    const request = { ...this.settings.parameters, img2img, hires, script, ...one };
    return this.speeds.estimate(checkpoint, this.onProcessor ? 'cpu' : 'gpu', request);
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
  async #modelArrived(model: StoredModel, place: Place<File> | null): Promise<void> {
    const chosen = this.models.checkpoints.some(({ sha256 }) => sha256 === this.settings.run.model);
    await this.library.refreshModels();
    const { supported, kind } = model.detection;
    if (supported && isImageKind(kind) && !chosen) this.models.chooseCheckpoint(model.sha256);
    // Where nothing lay beside it, its card is made when cards are looked at.
    if (place && isAddOn(model) && (place.beside.length > 0 || place.folder)) void this.tellOf(model, place);
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
            void this.runs.generate();
          },
        },
      ]);
    } else if (failure.code === 'out-of-memory' && this.settings.device.memory.lowVram !== 'on') {
      const lower = () => {
        this.settings.device.memory = { ...this.settings.device.memory, lowVram: 'on' };
        void this.runs.generate();
      };
      this.notices.fail(t.failed['out-of-memory'], failure, [{ label: t.tryLowVram, run: lower }]);
    } else {
      const titles: Partial<Record<Failure['code'], string>> = t.failed;
      this.notices.fail(titles[failure.code] ?? t.pictureFailed, failure);
    }
  }
}
