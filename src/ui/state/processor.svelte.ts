// What paints: the GPU or the processor. The person's choice counts; where there is none, a graphics card paints, the
// processor where there is nothing else, and a short trial decides where a GPU is one in software.
import type { GenerationEvent } from '../../generation/run/events.ts';
import type { GenerationParameters, RequestSize } from '../../generation/request/request.ts';
import type { EngineClient } from '../clients/engine-client.svelte.ts';
import type { FoundGpu } from '../webgpu.ts';
import { create as t } from '../strings/create.ts';

export type Processor = 'gpu' | 'cpu';

/** As set; `auto` leaves it to Darkroom. */
export type ProcessorChoice = Processor | 'auto';

/** What trials found, by adapter and browser. */
export type Trials = Readonly<Record<string, Processor>>;

/** What was decided where it was left open, and why. */
export interface Decision {
  readonly processor: Processor;
  readonly reason: 'card' | 'no-gpu' | 'gpu-failed' | 'trial';
  /** The adapter's name; empty where there is none. */
  readonly adapter: string;
}

/** The work that waits for the decision. */
export interface Waiting {
  readonly onEvent: (event: GenerationEvent) => void;
  /** Whether the person has asked for an end meanwhile. */
  readonly cancelled: () => boolean;
  /** The GPU was tried for this work and gives no device. */
  readonly gpuFailed: boolean;
}

export type ChooseProcessor = (
  sha256: string,
  request: GenerationParameters,
  waiting: Waiting,
) => Promise<Processor>;

/** What choosing needs of the settings. */
export interface ProcessorSettings {
  readonly processor: ProcessorChoice;
  trials: Trials;
}

/** Pixels: large enough to tell two ways apart, small enough for a step of a large model on the processor. */
const TRIAL_SIDE = 128;
/** Milliseconds. Where the processor is as quick, the picture is there before a trial of the GPU would be. */
const QUICK_STEP = 500;
/** Milliseconds that a GPU in software is given, at least and at most; within that, twice what the processor took. */
const MIN_TRIAL = 5000;
const MAX_TRIAL = 60_000;
/** Browsers and drivers are updated; what is long gone need not be kept. */
const MAX_TRIALS = 16;

export class ProcessorChooser {
  /** The last one made; null before the first, and where the person has chosen. */
  decision = $state.raw<Decision | null>(null);
  /** Models that the processor is quick with. */
  readonly #quick: string[] = [];

  constructor(
    private readonly engine: Pick<EngineClient, 'stepTime' | 'stop'>,
    private readonly settings: ProcessorSettings,
    private readonly findGpu: () => Promise<FoundGpu>,
    private readonly browser: string,
  ) {}

  /** Rejects with a Failure when the model cannot be had, or the engine is stopped by the person. */
  readonly choose: ChooseProcessor = async (sha256, request, waiting) => {
    const { settings } = this;
    if (settings.processor !== 'auto') {
      this.decision = null;
      return settings.processor;
    }
    if (waiting.gpuFailed) return this.#decide('cpu', 'gpu-failed', '');
    const gpu = await this.findGpu();
    if (gpu.adapter === null) return this.#decide('cpu', 'no-gpu', '');
    const { name, software } = gpu.adapter;
    if (!software) return this.#decide('gpu', 'card', name);
    const key = trialKey(name, this.browser);
    const known = settings.trials[key] ?? (this.#quick.includes(sha256) ? 'cpu' : undefined);
    return this.#decide(known ?? (await this.#trial(sha256, request, key, waiting)), 'trial', name);
  };

  #decide(processor: Processor, reason: Decision['reason'], adapter: string): Processor {
    this.decision = { processor, reason, adapter };
    return processor;
  }

  async #trial(
    sha256: string,
    { width, height }: RequestSize,
    key: string,
    { onEvent, cancelled }: Waiting,
  ): Promise<Processor> {
    const size = {
      width: Math.min(TRIAL_SIDE, width),
      height: Math.min(TRIAL_SIDE, height),
      batchSize: 1,
    };
    /** Milliseconds of a step; null where this way fails or takes longer than `limit` with all that comes before. */
    const time = async (processor: Processor, limit: number): Promise<number | null> => {
      onEvent({ type: 'status', message: t.trying[processor] });
      const timer = limit < Infinity ? setTimeout(() => this.engine.stop(), limit) : undefined;
      try {
        return await this.engine.stepTime(sha256, size, processor === 'cpu', onEvent);
      } catch {
        return null;
      } finally {
        clearTimeout(timer);
      }
    };
    const start = performance.now();
    const onCpu = await time('cpu', Infinity);
    if (cancelled()) return 'cpu';
    // The GPU then says itself what is wrong, where it is not the processor's memory.
    if (onCpu === null) return 'gpu';
    if (onCpu <= QUICK_STEP) {
      this.#quick.push(sha256);
      return 'cpu';
    }
    const limit = Math.min(MAX_TRIAL, Math.max(MIN_TRIAL, 2 * (performance.now() - start)));
    const onGpu = await time('gpu', limit);
    if (cancelled()) return 'cpu';
    const winner = onGpu !== null && onGpu < onCpu ? 'gpu' : 'cpu';
    const others = Object.entries(this.settings.trials).filter(([other]) => other !== key);
    this.settings.trials = Object.fromEntries([...others, [key, winner]].slice(-MAX_TRIALS));
    return winner;
  }
}

/** A driver's update changes the adapter's name, a browser's its version. */
function trialKey(adapter: string, userAgent: string): string {
  const browser = /(?:Firefox|Edg|Chrom(?:e|ium)|Version)\/[\d.]+/.exec(userAgent)?.[0] ?? userAgent;
  return `${adapter} | ${browser}`.slice(0, 200);
}
