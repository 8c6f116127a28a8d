// What add-ons change of a model's weights, as the runtime asks for it when it reads them.

import type { Hypernetworks } from './hypernetworks.ts';

/** What a model is run with besides its own weights. */
export interface ModelAddOns {
  readonly changes: WeightChanges | null;
  readonly hypernetworks: Hypernetworks | null;
}

export const NO_ADD_ONS: ModelAddOns = { changes: null, hypernetworks: null };

export interface WeightChanges {
  /** Tell what is changed of the text encoders, and of the UNet; '' for nothing. */
  readonly textKey: string;
  readonly unetKey: string;
  /** Whether the tensor of that name (ldm's) is another than in the model's file. */
  has(name: string): boolean;
  /** Reads what `apply` needs; called before it is called first. */
  load(): Promise<void>;
  /** `values`: the whole tensor, as the model has it. It may be changed in place. */
  apply(name: string, values: Float32Array): Float32Array;
}
