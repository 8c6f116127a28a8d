// The page's state and what the person can do, in one place; components show it and call it.
import type { StoredModel } from '../../library/types.ts';
import { EngineClient } from '../clients/engine-client.svelte.ts';
import { ImporterClient } from '../clients/importer-client.svelte.ts';
import { CHOICES } from '../choices.ts';
import { fetchDemo, findDemo, type Demo } from '../demo.ts';
import { toFailure, type Failure } from '../failure.ts';
import { pairSidecars } from '../pairing.ts';
import type { Picture } from '../picture.ts';
import { Device } from './device.svelte.ts';
import { GenerationJob } from './generation.svelte.ts';
import { ImportQueue, type ImportJob } from './imports.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Settings } from './settings.svelte.ts';

export const TABS = [
  { id: 'txt2img', label: 'txt2img' },
  { id: 'models', label: 'Models' },
  { id: 'settings', label: 'Settings' },
] as const;

export type TabId = (typeof TABS)[number]['id'];

const DEMO_BASE = new URL('demo/', document.baseURI);

export class App {
  readonly notices = new Notices();
  readonly settings = new Settings(CHOICES, (error) =>
    this.notices.fail('Settings are not kept', toFailure(error, 'storage-full')),
  );
  readonly library = new Library();
  readonly engine = new EngineClient();
  readonly device = new Device(this.engine, this.settings);
  readonly imports = new ImportQueue(new ImporterClient(), (model) => this.#modelArrived(model));
  readonly job = new GenerationJob(this.engine, {
    onFailure: (failure) => this.#generationFailed(failure),
    onWarning: (message) => this.notices.warn('Note', message),
    onEnd: () => void this.attempt('Pictures could not be listed', () => this.library.refreshImages()),
  });

  tab = $state<TabId>('txt2img');
  demo = $state.raw<Demo | null>(null);
  demoLoading = $state(false);
  /** Id of the picture that is looked at; null follows the running job. */
  selectedPicture = $state<string | null>(null);

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
    return this.library.images;
  }

  get shownPicture(): Picture | null {
    const { pictures } = this.job;
    if (this.selectedPicture !== null) {
      const selected = [...pictures, ...this.recentPictures].find(({ id }) => id === this.selectedPicture);
      if (selected) return selected;
    }
    return this.job.running ? null : (pictures[0] ?? this.recentPictures[0] ?? null);
  }

  /** Nothing can be made yet: say what to do first. */
  get welcoming(): boolean {
    return this.usableModels.length === 0 && this.selectedPicture === null && !this.job.running;
  }

  /** Whether leaving the page now would lose work. */
  get busy(): boolean {
    return this.job.running || this.imports.busy;
  }

  async load(): Promise<void> {
    await this.settings.load();
    await this.attempt('The library could not be opened', () => this.library.refreshModels());
    void this.attempt('Pictures could not be listed', () => this.library.refreshImages());
    void this.device.look();
    if (this.library.models.length === 0) this.demo = await findDemo(DEMO_BASE);
  }

  /** Dropped or picked files. */
  async importFiles(files: readonly File[]): Promise<readonly ImportJob[]> {
    const { requests, orphans } = pairSidecars(files);
    for (const orphan of orphans) {
      this.notices.warn(
        `${orphan.name} has no checkpoint beside it`,
        'A .yaml file describes the checkpoint of the same name. Drop both together.',
      );
    }
    return this.imports.add(requests);
  }

  async tryDemo(): Promise<void> {
    const { demo } = this;
    if (!demo || this.demoLoading) return;
    this.demoLoading = true;
    await this.attempt('The demo model could not be loaded', async () => {
      const files = await fetchDemo(demo, DEMO_BASE);
      if (demo.prompt !== null && this.settings.parameters.prompt === '') {
        this.settings.parameters.prompt = demo.prompt;
      }
      await this.importFiles(files);
    });
    this.demoLoading = false;
  }

  /** Ctrl+Enter restarts what runs, the button cannot be pressed then. */
  async generate(): Promise<void> {
    const { model } = this;
    if (!model) {
      this.notices.inform(
        'No checkpoint yet',
        'Drop a Stable Diffusion checkpoint on this page, or choose a file.',
      );
      return;
    }
    if (this.device.advice) {
      this.notices.inform('No GPU to draw on', 'See the remark on top of the page for what helps.');
      return;
    }
    this.notices.clear();
    this.imports.dismissFinished();
    this.selectedPicture = null;
    await this.job.restart(model.sha256, $state.snapshot(this.settings.parameters), this.settings.cpu);
  }

  chooseModel(sha256: string): void {
    this.settings.model = sha256;
  }

  useCpu(cpu: boolean): void {
    this.settings.cpu = cpu;
    if (!this.job.running) this.engine.stop();
  }

  async deleteModel(model: StoredModel): Promise<void> {
    await this.attempt(`${model.name} could not be deleted`, async () => {
      await this.library.deleteModel(model.sha256);
      await this.#forgetLoaded();
    });
  }

  async deletePicture(picture: Picture): Promise<void> {
    await this.attempt('The picture could not be deleted', async () => {
      await this.library.deleteImage(picture.id);
      this.job.forget(picture.id);
      if (this.selectedPicture === picture.id) this.selectedPicture = null;
    });
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
    if (!this.job.running) await this.engine.unload();
  }

  async setPrediction(
    model: StoredModel,
    prediction: Parameters<Library['setPrediction']>[1],
  ): Promise<void> {
    await this.attempt('The prediction type could not be changed', async () => {
      await this.library.setPrediction(model.sha256, prediction);
      await this.#forgetLoaded();
    });
  }

  async #modelArrived(model: StoredModel): Promise<void> {
    await this.library.refreshModels();
    if (model.detection.supported) this.settings.model = model.sha256;
  }

  #generationFailed(failure: Failure): void {
    if (failure.code === 'no-webgpu') {
      this.notices.fail('No GPU to draw on', failure, [
        { label: 'Use the slow CPU mode', run: () => this.useCpu(true) },
      ]);
    } else {
      this.notices.fail(TITLES[failure.code] ?? 'The picture could not be made', failure);
    }
  }
}

const TITLES: Partial<Record<Failure['code'], string>> = {
  'device-lost': 'The GPU was lost',
  'out-of-memory': 'Not enough GPU memory',
  'not-finite': 'The model produced numbers that are not numbers',
  'model-missing': 'The checkpoint is no longer here',
  'storage-full': 'No room to keep the picture',
};
