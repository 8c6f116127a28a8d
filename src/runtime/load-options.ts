// How a model's networks are kept and run.
import { NO_ADD_ONS, type ModelAddOns } from '../add-ons/weight-changes.ts';
import type { StoredModel } from '../library/types.ts';
import type { NetworkChange } from '../models/network-changes.ts';
import { DEFAULT_KERNELS, type KernelChoice } from './kernel-choice.ts';

export interface LoadOptions {
  readonly kernels: KernelChoice;
  /** One network at a time is in the GPU's memory. */
  readonly lowVram: boolean;
  readonly tiledVae: boolean;
  /** The same where the VAE turns out to need float32, and so twice the memory. */
  readonly tiledVaeInFloat32: boolean;
  /** Attention in float32 ("Upcast cross attention layer to float32"). */
  readonly upcastAttention: boolean;
  /** "Token merging ratio"; what a picture's runs of the UNet are told. */
  readonly tokenMerging: number;
  /** Of extensions, that a picture's runs of the UNet ask for. */
  readonly changes: readonly NetworkChange[];
  /** Opposite edges of pictures continue each other ("Tiling"). */
  readonly circular: boolean;
  /** Over the text encoders and the UNet. */
  readonly addOns: ModelAddOns;
  /** Control networks that pictures' runs may ask. */
  readonly controls: readonly StoredModel[];
  /** The UNet may be shown pictures to look at (models/control/references.ts). */
  readonly references: boolean;
  /** Pictures that the UNet looks at beside the words, each through an IP-Adapter; `masked`: in a part of the picture only. */
  readonly images: readonly { readonly adapter: StoredModel; readonly masked: boolean }[];
  /** Files of LLLite, one for each unit. */
  readonly lites: readonly StoredModel[];
  /** The VAE of a file of its own, in place of the checkpoint's. */
  readonly vae: StoredModel | null;
  /** A tiny decoder beside it. */
  readonly taesd: StoredModel | null;
  /** ... and a tiny encoder. */
  readonly taesdEncoder: StoredModel | null;
}

export const DEFAULT_LOAD_OPTIONS: LoadOptions = {
  kernels: DEFAULT_KERNELS,
  lowVram: false,
  tiledVae: false,
  tiledVaeInFloat32: false,
  upcastAttention: false,
  tokenMerging: 0,
  changes: [],
  circular: false,
  addOns: NO_ADD_ONS,
  controls: [],
  references: false,
  images: [],
  lites: [],
  vae: null,
  taesd: null,
  taesdEncoder: null,
};
