// What the person set about how networks are computed.
import type { KernelSetting } from '../../runtime/kernel-choice.ts';
import { DEFAULT_MEMORY, type MemoryOptions } from './memory-options.ts';

export interface RunOptions {
  readonly memory: MemoryOptions;
  /** On the GPU. */
  readonly kernels: KernelSetting;
}

export const DEFAULT_RUN_OPTIONS: RunOptions = { memory: DEFAULT_MEMORY, kernels: 'auto' };
