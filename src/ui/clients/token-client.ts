// The token counter's worker as the page sees it: started with the first prompt.
import type { TokenCount } from '../../prompt/counter.ts';
import type { TokenCountOptions, TokensApi } from '../../generation/request/token-count.ts';
import { startWorker } from './start-worker.ts';
import { WorkerLink } from './worker-link.ts';

export class TokenClient {
  #link: WorkerLink<TokensApi> | null = null;
  readonly #spawn: () => Worker;

  constructor(spawn: () => Worker = () => startWorker('tokens')) {
    this.#spawn = spawn;
  }

  /** Needs neither a GPU nor a model. Rejects with a Failure. */
  async count(text: string, options: TokenCountOptions): Promise<TokenCount> {
    if (this.#link?.dead) this.#link = null;
    this.#link ??= new WorkerLink<TokensApi>(this.#spawn(), 'tokens');
    return this.#link.call((tokens) => tokens.countTokens(text, options));
  }
}
