// How fast this device has been, by what painted and the kind of model: what a run will take, told before it starts.
import type { GenerationParameters } from '../../generation/request/request.ts';
import type { StoredModel } from '../../library/types.ts';
import { runTime, type Speed } from '../run-time.ts';
import type { Processor } from './processor.svelte.ts';

/** By device and kind of model, the latest last. */
export type Speeds = Readonly<Record<string, Speed>>;

export const MAX_SPEEDS = 32;
export const MAX_SPEED_KEY = 200;

export interface SpeedSettings {
  speeds: Speeds;
}

type Model = Pick<StoredModel, 'detection'>;

export class RunSpeeds {
  constructor(
    private readonly settings: SpeedSettings,
    /** The GPU's name, as far as it is known. */
    private readonly gpu: () => string | null,
  ) {}

  /** What a run has shown. */
  keep(model: Model, processor: Processor, speed: Speed): void {
    const key = this.#keyOf(model, processor);
    const others = Object.entries(this.settings.speeds).filter(([other]) => other !== key);
    this.settings.speeds = Object.fromEntries([...others, [key, speed] as const].slice(-MAX_SPEEDS));
  }

  /** Milliseconds that a run will take; null where nothing of the kind has run here yet. */
  estimate(model: Model, processor: Processor, parameters: GenerationParameters): number | null {
    const key = this.#keyOf(model, processor);
    const { speeds } = this.settings;
    return Object.hasOwn(speeds, key) ? runTime(parameters, speeds[key]!) : null;
  }

  /** Models of one kind and width are as fast as each other; small ones of a kind are faster. */
  #keyOf({ detection }: Model, processor: Processor): string {
    const width = detection.networks?.unet.modelChannels ?? 0;
    const device = processor === 'cpu' ? 'cpu' : `gpu ${this.gpu() ?? ''}`;
    return `${detection.kind} ${width} | ${device}`.slice(0, MAX_SPEED_KEY);
  }
}
