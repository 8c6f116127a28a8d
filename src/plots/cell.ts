// One request of a plot on its way to the queue.
import type { GenerationParameters } from '../generation/request/request.ts';
import type { NamedCheckpoint } from '../generation/request/named-checkpoint.ts';

/** What a plot varies: a request before the styles are in its prompts. */
export interface Cell {
  readonly request: GenerationParameters;
  /** By their names, in their order. */
  readonly styles: readonly string[];
  /** Null for the one that is chosen. */
  readonly checkpoint: NamedCheckpoint | null;
}

/** What names in a plot's texts mean: the person's library. Null for what is not there. */
export interface PlotNames {
  readonly checkpoint: (text: string) => NamedCheckpoint | null;
  /** As the setting "SD VAE" names it. */
  readonly vae: (text: string) => string | null;
  /** Of an upscaler, as hires fix names it. */
  readonly upscaler: (text: string) => string | null;
  readonly hasStyle: (name: string) => boolean;
}
