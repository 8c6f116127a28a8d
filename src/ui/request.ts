// From what the page holds to what is asked of the engine: styles merged in, the extra seed row left out unless it is open.
import type { GenerationParameters, Hires } from '../generation/request/request.ts';
import { applyStyles, type PromptStyle } from '../prompt/styles.ts';
import { withAddedNetworks, type ExtraNetworksChoice } from './extra-networks-choice.ts';

export interface RequestOptions {
  readonly extraNetworks: ExtraNetworksChoice;
  readonly styles: readonly PromptStyle[];
  /** Names of the styles to apply, in this order. */
  readonly chosenStyles: readonly string[];
  /** "Extra" is ticked. */
  readonly extraSeed: boolean;
}

/** What a closed "Extra" row comes to. A1111: processing.py, seed_enable_extras. */
const NO_EXTRA_SEED = { subseed: -1, subseedStrength: 0, seedResizeFromWidth: 0, seedResizeFromHeight: 0 };

export function requestOf(parameters: GenerationParameters, options: RequestOptions): GenerationParameters {
  const request = {
    ...parameters,
    ...(options.chosenStyles.length > 0 && applyStyles(options.styles, options.chosenStyles, parameters)),
    ...(!options.extraSeed && NO_EXTRA_SEED),
    hires: parameters.hires && withStyles(parameters.hires, options),
  };
  return withAddedNetworks(request, options.extraNetworks);
}

/** A prompt of its own has the styles, too; an empty one stands for the first pass's, which has them. */
function withStyles(hires: Hires, { styles, chosenStyles }: RequestOptions): Hires {
  const { prompt, negativePrompt } = applyStyles(styles, chosenStyles, hires);
  return {
    ...hires,
    prompt: hires.prompt && prompt,
    negativePrompt: hires.negativePrompt && negativePrompt,
  };
}
