// What runs are made of, besides the parameters: the checkpoint, and passes beside the first.
import type { Choices } from '../../choices.ts';
import { parseControlUnits, type ControlUnitChoice } from '../../control-choice.ts';
import { parseDetailer, type DetailerChoice } from '../../detailer-choice.ts';
import { parseExtensions, type ExtensionChoice } from '../../extensions-choice.ts';
import { parseHires, parseRefiner, type HiresChoice, type RefinerChoice } from '../../passes-choice.ts';
import {
  parseModelChoice,
  parsePlots,
  parseSwitch,
  SETTING_KEYS,
  type PlotChoice,
} from '../../stored-settings.ts';
import type { KeptInfos } from '../kept-settings.svelte.ts';

export interface RunSettings {
  /** SHA-256 of the chosen checkpoint. */
  model: string | null;
  /** "Extra": whether the variation seed and the seed's resize count. */
  extraSeed: boolean;
  // Each of these is replaced as a whole.
  hires: HiresChoice;
  refiner: RefinerChoice;
  controlUnits: readonly ControlUnitChoice[];
  detailer: DetailerChoice;
  extensions: readonly ExtensionChoice[];
  /** What may make many requests of one, each as it was set last. */
  plots: PlotChoice;
}

export const runInfos = (choices: Choices): KeptInfos<RunSettings> => ({
  model: { key: SETTING_KEYS.model, parse: parseModelChoice },
  extraSeed: { key: SETTING_KEYS.extraSeed, parse: parseSwitch },
  hires: { key: SETTING_KEYS.hires, parse: (stored) => parseHires(stored, choices) },
  refiner: { key: SETTING_KEYS.refiner, parse: parseRefiner },
  controlUnits: { key: SETTING_KEYS.controlUnits, parse: parseControlUnits },
  detailer: { key: SETTING_KEYS.detailer, parse: parseDetailer },
  extensions: { key: SETTING_KEYS.extensions, parse: parseExtensions },
  plots: { key: SETTING_KEYS.plots, parse: parsePlots },
});
