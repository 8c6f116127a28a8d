// What the person set about the GPU's memory.

export type Switch = 'auto' | 'on' | 'off';

/** What the person set. */
export interface MemoryOptions {
  /** A1111's --lowvram: text encoder, UNet and VAE are loaded one at a time. */
  readonly lowVram: Switch;
  readonly tiledVae: Switch;
  /** Bytes of the GPU; null where the person does not say. */
  readonly gpuMemory: number | null;
}

export const DEFAULT_MEMORY: MemoryOptions = { lowVram: 'auto', tiledVae: 'auto', gpuMemory: null };

/** Where the person does not say how much there is: 6 GB. */
export const ASSUMED_GPU_MEMORY = 6e9;

/** The system and other programs use some as well. */
const USABLE = 0.9;

/** Bytes of the GPU's memory that may be used. */
export function roomOf({ gpuMemory }: MemoryOptions): number {
  return USABLE * (gpuMemory ?? ASSUMED_GPU_MEMORY);
}

/** How a request is carried out. */
export interface MemoryPlan {
  readonly lowVram: boolean;
  readonly tiledVae: boolean;
  /** Bytes of the GPU's memory that this takes at its peak, as far as can be told. */
  readonly bytes: number;
  /** Bytes of these beside the weights of loaded networks. */
  readonly working: number;
}
