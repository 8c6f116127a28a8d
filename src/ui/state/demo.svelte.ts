// The demo model on the page: one click from nothing to a picture, and prompts that show what it knows.
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../../generation/request/request.ts';
import type { Arrivals } from './arrivals.ts';
import type { ModelChoice } from './model-choice.ts';
import type { ParameterReader } from './parameter-reader.ts';
import type { RunStarter } from './run-starter.svelte.ts';
import { fetchDemo, findDemo, type Demo, type DemoPicture } from '../demo.ts';
import { notices as t } from '../strings/notices.ts';

/** What the demo needs of the page. */
export interface DemoHost {
  readonly models: Pick<ModelChoice, 'checkpoint' | 'checkpoints' | 'chooseCheckpoint'>;
  readonly settings: { change(parameters: Partial<GenerationParameters>): void };
  readonly reader: Pick<ParameterReader, 'replacing'>;
  readonly arrivals: Pick<Arrivals, 'importFiles'>;
  readonly runs: Pick<RunStarter, 'generate'>;
  attempt(title: string, action: () => Promise<unknown>): Promise<boolean>;
}

export class DemoModel {
  /** Null where this copy comes without one. */
  info = $state.raw<Demo | null>(null);
  /** Share of the files that is there, 0 to 1, while they are fetched and imported; else null. */
  progress = $state<number | null>(null);

  constructor(private readonly host: DemoHost) {}

  get inUse(): boolean {
    return this.info !== null && this.host.models.checkpoint?.sha256 === this.info.sha256;
  }

  get inLibrary(): boolean {
    return this.host.models.checkpoints.some(({ sha256 }) => sha256 === this.info?.sha256);
  }

  async look(): Promise<void> {
    this.info = await findDemo();
  }

  /** Loads the model, where it is not in the library yet, and generates its example, or what made a picture of its own. */
  async try(picture: DemoPicture | null = null): Promise<void> {
    const { info, host } = this;
    if (!info || this.progress !== null) return;
    this.progress = 0;
    await host.attempt(t.demoNotLoaded, async () => {
      if (!this.inLibrary) {
        const files = await fetchDemo(info, (share) => (this.progress = share));
        const [job] = await host.arrivals.importFiles(files, { sha256: info.sha256 });
        if (!job?.model) return;
      }
      host.models.chooseCheckpoint(info.sha256);
      host.reader.replacing(() => {
        host.settings.change(picture ? { ...info.example, ...likeThe(picture) } : info.example);
        void host.runs.generate();
        // What was asked for has its seed by now; the next one is to be another picture.
        if (picture) host.settings.change({ seed: DEFAULT_PARAMETERS.seed });
      });
    });
    this.progress = null;
  }

  /** Another of its prompts. */
  async tryPrompt(prompt: string): Promise<void> {
    const { info, host } = this;
    if (!info) return;
    let made: Promise<void> | null = null;
    host.reader.replacing(() => {
      host.settings.change({ ...info.example, prompt });
      made = host.runs.generate();
    });
    await made;
  }
}

/** What it was painted with. */
function likeThe({ prompt, seed }: DemoPicture): Partial<GenerationParameters> {
  const { steps, sampler, scheduler, cfgScale, batchSize, batchCount } = DEFAULT_PARAMETERS;
  return { prompt, seed, steps, sampler, scheduler, cfgScale, batchSize, batchCount };
}
