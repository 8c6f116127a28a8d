// Pictures of one request at several positions of something: which there are, and those that are being painted.
import type { Trial } from '../../generation/run/trial.ts';
import { randomSeed } from '../../generation/request/seeds.ts';
import type { GenerationParameters } from '../../generation/request/request.ts';
import type { GenerationEvent } from '../../generation/run/events.ts';
import type { App } from './app.svelte.ts';
import { trials as t } from '../strings/trials.ts';

export interface TriedPicture {
  readonly at: number;
  readonly png: Blob;
}

/** What is tried. */
export interface TrialSubject {
  /** The model's. */
  readonly sha256: string;
  /** At a position, of what is set. */
  trialAt(at: number, request: GenerationParameters): Trial;
}

export class Trials {
  running = $state(false);
  stopping = $state(false);
  waiting = $state(false);
  fraction = $state<number | null>(null);
  /** In rising order of their positions. */
  pictures = $state.raw<readonly TriedPicture[]>([]);
  /** The position that is looked at. */
  chosen = $state<number | null>(null);
  /** What the pictures were made of, but for the position. */
  #made = '';
  /** Positions of this run that are painted. */
  #done = 0;
  /** Of requests without one: the same for all. */
  readonly #seed = randomSeed();

  constructor(
    private readonly host: Pick<App, 'attempt' | 'engine' | 'onProcessor' | 'tabs' | 'runs' | 'notices'>,
  ) {}

  get shown(): TriedPicture | null {
    return this.pictures.find(({ at }) => at === this.chosen) ?? null;
  }

  /** Pictures of the same at other positions stay. */
  async run(positions: readonly number[], { sha256, trialAt }: TrialSubject): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.stopping = false;
    this.fraction = null;
    this.#done = 0;
    const { engine, onProcessor, tabs, runs } = this.host;
    await this.host.attempt(t.notTried, async () => {
      const parameters = await runs.single(this.#seed);
      const trials = positions.map((at) => trialAt(at, parameters));
      const made = told([sha256, parameters.seed, { ...parameters, ...trialAt(0, parameters) }]);
      if (made !== this.#made) this.pictures = [];
      this.#made = made;
      const hear = (event: GenerationEvent) => this.#hear(event, positions);
      const work = async (): Promise<void> => {
        this.waiting = false;
        if (!this.stopping) await engine.tryOut({ sha256, parameters, trials }, onProcessor, hear);
      };
      // One at a time uses the GPU, in all tabs.
      await tabs.inTurn(work, () => (this.waiting = true));
    });
    this.running = this.waiting = false;
  }

  async interrupt(): Promise<void> {
    this.stopping = true;
    // Where the queue's turn is before this one's, its pictures are not meant.
    if (!this.waiting) await this.host.engine.interrupt();
  }

  #hear(event: GenerationEvent, positions: readonly number[]): void {
    if (event.type === 'step') this.fraction = (this.#done + event.step / event.steps) / positions.length;
    if (event.type === 'warning') this.host.notices.warn(t.warning, event.message);
    // Asked for while the engine had not begun.
    if (event.type === 'step' && this.stopping) void this.host.engine.interrupt().catch(() => undefined);
    if (event.type !== 'image' || event.interrupted) return;
    this.#done = event.index + 1;
    const at = positions[event.index]!;
    const others = this.pictures.filter((picture) => picture.at !== at);
    this.pictures = [...others, { at, png: event.png }].sort((a, b) => a.at - b.at);
    this.chosen = at;
  }
}

/** Seeds may be beyond what JSON has numbers for. */
function told(what: unknown): string {
  return JSON.stringify(what, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
