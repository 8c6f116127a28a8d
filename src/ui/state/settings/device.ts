// What is set and known of the device that paints.
import type { MemoryOptions } from '../../../generation/run/memory-options.ts';
import type { KernelSetting } from '../../../runtime/kernel-choice.ts';
import type { ProcessorChoice, Trials } from '../processor.svelte.ts';
import type { Speeds } from '../run-speeds.ts';
import {
  parseKernels,
  parseMemory,
  parseProcessor,
  parseSpeeds,
  parseSwitchOn,
  parseTrials,
  SETTING_KEYS,
} from '../../stored-settings.ts';
import type { KeptInfos } from '../kept-settings.svelte.ts';

export interface DeviceSettings {
  /** What paints. */
  processor: ProcessorChoice;
  /** What was faster where it was tried. */
  trials: Trials;
  /** How to keep within the GPU's memory. */
  memory: MemoryOptions;
  /** Whose kernels compute on the GPU. */
  kernels: KernelSetting;
  /** Whether measuring them is offered after a first picture. */
  offersTuning: boolean;
  /** How fast this device has been. */
  speeds: Speeds;
}

export const DEVICE_INFOS: KeptInfos<DeviceSettings> = {
  processor: { key: SETTING_KEYS.processor, parse: parseProcessor },
  trials: { key: SETTING_KEYS.trials, parse: parseTrials },
  memory: { key: SETTING_KEYS.memory, parse: parseMemory },
  kernels: { key: SETTING_KEYS.kernels, parse: parseKernels },
  offersTuning: { key: SETTING_KEYS.offersTuning, parse: parseSwitchOn },
  speeds: { key: SETTING_KEYS.speeds, parse: parseSpeeds },
};
