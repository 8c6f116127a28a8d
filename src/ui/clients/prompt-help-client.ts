// The worker that helps with prompts as the page sees it: started with the first card or the first word.
import type { AddOnCard } from '../../library/add-on-cards.ts';
import type { Described } from '../../library/describe-add-on.ts';
import type { PromptHelpApi } from '../../library/prompt-help-types.ts';
import { startWorker } from './start-worker.ts';
import { WorkerLink } from './worker-link.ts';

/** Every method rejects with a Failure. */
export class PromptHelpClient {
  #link: WorkerLink<PromptHelpApi> | null = null;
  readonly #spawn: () => Worker;

  constructor(spawn: () => Worker = () => startWorker('prompt-help')) {
    this.#spawn = spawn;
  }

  async describe(sha256: string, beside: readonly File[], folder: string | null): Promise<Described> {
    return this.#alive().call(async (help): Promise<Described> => help.describe(sha256, beside, folder));
  }

  async setPreview(sha256: string, picture: Blob): Promise<AddOnCard> {
    return this.#alive().call(async (help): Promise<AddOnCard> => help.setPreview(sha256, picture));
  }

  async collectionOfYaml(name: string, yaml: string): Promise<string> {
    return this.#alive().call((help) => help.collectionOfYaml(name, yaml));
  }

  async keepTags(text: string): Promise<number> {
    return this.#alive().call((help) => help.keepTags(text));
  }

  async findTags(words: readonly string[], most: number): ReturnType<PromptHelpApi['findTags']> {
    return this.#alive().call(async (help): ReturnType<PromptHelpApi['findTags']> =>
      help.findTags(words, most),
    );
  }

  #alive(): WorkerLink<PromptHelpApi> {
    if (this.#link?.dead) this.#link = null;
    return (this.#link ??= new WorkerLink<PromptHelpApi>(this.#spawn(), 'prompt-help'));
  }
}
